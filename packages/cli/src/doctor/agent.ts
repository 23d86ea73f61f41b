import { openGuest, openTransport, type Transport } from '@guestwire/client';
import { isGuestError } from '@guestwire/client/errors';
import { ifKnown } from '../if-known.js';
import { printable } from '../output/printable.js';
import { formatSpan } from '../output/units.js';
import { count } from '../output/words.js';
import { failed, note, ok, type Step } from './examine.js';
import { type Patient, within } from './patient.js';

/** The bytes that came from the other side. */
interface Seen {
  count: number;
  /** The first of them. */
  head: Buffer;
}

/** So many of the first bytes are shown. */
const LONGEST_HEAD = 48;

/** A transport that remembers what came. */
function watched(transport: Transport, seen: Seen): Transport {
  return {
    target: transport.target,
    ...(transport.limits !== undefined && { limits: transport.limits }),
    write: (...given) => transport.write(...given),
    async *[Symbol.asyncIterator]() {
      for await (const bytes of transport) {
        seen.count += bytes.length;
        if (seen.head.length < LONGEST_HEAD) {
          seen.head = Buffer.concat([seen.head, bytes.subarray(0, LONGEST_HEAD - seen.head.length)]);
        }
        yield bytes;
      }
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

const HELD = 'another host may hold the channel, since only one at a time is served';

/** Where libvirt keeps the sockets of the channels that it holds. */
const LIBVIRTS_OWN = /^\/(var\/lib|run|var\/run)\/libvirt\/|\/libvirt\/qemu\/(lib|run|channel)\//;

/** What to do about a connection through which nothing comes. */
function remedyForSilence({ target }: Patient): string {
  if (target.kind === 'libvirt') {
    return 'look whether the agent runs in the guest: systemctl status guestd, or qemu-guest-agent';
  }
  const usual = `look whether the agent runs in the guest: systemctl status guestd, or qemu-guest-agent; ${HELD}`;
  return target.kind === 'unix' && LIBVIRTS_OWN.test(target.path)
    ? `this is a socket of libvirt's, which holds it while the machine runs: ask it instead, --to libvirt:DOMAIN`
    : usual;
}

const connection: Step<Patient> = {
  name: 'connection',
  async look(patient) {
    try {
      patient.transport = await openTransport(patient.target, within(patient));
      return ok(`${patient.transport.target} takes it`);
    } catch (error) {
      patient.limits.signal.throwIfAborted();
      const reason = isGuestError(error)
        ? error.message
        : `none within ${formatSpan(patient.limits.timeout)}`;
      return failed(printable(reason), 'see what listens there, and whether this user may connect to it');
    }
  },
};

const handshake: Step<Patient> = {
  name: 'handshake',
  async look(patient) {
    const { transport, limits } = patient;
    if (transport === undefined) throw new Error('no connection');
    const seen: Seen = { count: 0, head: Buffer.alloc(0) };
    const start = performance.now();
    try {
      patient.guest = await openGuest(watched(transport, seen), limits);
    } catch (error) {
      limits.signal.throwIfAborted();
      const reason = printable(error instanceof Error ? error.message : String(error));
      if (seen.count === 0) return failed(`${reason}; nothing came back`, remedyForSilence(patient));
      const head = printable(seen.head.toString('latin1'));
      return failed(
        `${reason}; ${count(seen.count, 'byte')} came, none of them an answer: "${head}"`,
        'what answers is no guest agent, or one that is kept busy: see that the port and the channel are the right ones',
      );
    }
    return ok(`in step after ${formatSpan(performance.now() - start)}, ${count(seen.count, 'byte')} came`);
  },
};

function guestOf({ guest }: Patient): NonNullable<Patient['guest']> {
  if (guest === undefined) throw new Error('no guest');
  return guest;
}

const answer: Step<Patient> = {
  name: 'answer',
  async look(patient) {
    const start = performance.now();
    await guestOf(patient).call('guest-ping', undefined, patient.limits);
    return ok(`to guest-ping after ${formatSpan(performance.now() - start)}`);
  },
};

const version: Step<Patient> = {
  name: 'version',
  async look(patient) {
    const { version: told, commands } = await guestOf(patient).capabilities(patient.limits);
    return ok(`${printable(told)}, with ${count(commands.size, 'command')}`);
  },
};

const frozen: Step<Patient> = {
  name: 'filesystems',
  async look(patient) {
    const status = await ifKnown(guestOf(patient).call('guest-fsfreeze-status', undefined, patient.limits));
    if (status === undefined) return note('the agent does not tell whether they are frozen');
    return status === 'thawed'
      ? ok('not frozen')
      : note('frozen: until they are thawed, the agent refuses nearly all commands', 'guestctl thaw');
  },
};

const filter: Step<Patient> = {
  name: 'filter',
  async look(patient) {
    const { commands } = await guestOf(patient).capabilities(patient.limits);
    const disabled = [...commands].filter(([, { enabled }]) => !enabled).map(([name]) => printable(name));
    if (disabled.length === 0) return ok('all commands may be carried out');
    return note(
      `${count(disabled.length, 'command')} may not be carried out: ${disabled.sort().join(', ')}`,
      'where that is not on purpose, see block-rpcs and allow-rpcs in /etc/qemu/qemu-ga.conf and the options of the agent in the guest',
    );
  },
};

/** From the connection on, all ways are looked at alike. */
export const agentSteps: readonly Step<Patient>[] = [connection, handshake, answer, version, frozen, filter];
