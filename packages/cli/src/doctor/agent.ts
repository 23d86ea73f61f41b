import { openGuest, openTransport, type Transport } from '@guestwire/client';
import { isGuestError } from '@guestwire/client/errors';
import { ifSupported } from '../calls.js';
import { printable } from '../output/escape.js';
import { count, formatSpan } from '../output/format.js';
import { type Checks, checkSignal, type DoctorContext, failed, note, ok } from './checks.js';

const MAX_HEAD_BYTES = 48;

/** Wraps a transport to record the number of received bytes and the first of them. */
function recording(transport: Transport, received: { count: number; head: Buffer }): Transport {
  return {
    target: transport.target,
    ...(transport.limits !== undefined && { limits: transport.limits }),
    write: (...given) => transport.write(...given),
    async *[Symbol.asyncIterator]() {
      for await (const bytes of transport) {
        received.count += bytes.length;
        if (received.head.length < MAX_HEAD_BYTES) {
          const rest = bytes.subarray(0, MAX_HEAD_BYTES - received.head.length);
          received.head = Buffer.concat([received.head, rest]);
        }
        yield bytes;
      }
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

/** The directories of libvirt's channel sockets. */
const LIBVIRT_SOCKET = /^\/(var\/lib|run|var\/run)\/libvirt\/|\/libvirt\/qemu\/(lib|run|channel)\//;

const CHECK_AGENT = 'check that the agent runs in the guest: systemctl status guestd, or qemu-guest-agent';

function silenceRemedy({ target }: DoctorContext): string {
  if (target.kind === 'libvirt') return CHECK_AGENT;
  return target.kind === 'unix' && LIBVIRT_SOCKET.test(target.path)
    ? 'libvirt uses this socket while the domain runs: connect through libvirt, --to libvirt:DOMAIN'
    : `${CHECK_AGENT}; another host may be connected, since the channel serves one at a time`;
}

function guestOf({ guest }: DoctorContext): NonNullable<DoctorContext['guest']> {
  if (guest === undefined) throw new Error('no guest');
  return guest;
}

/** The checks of every target, from the connection to the commands. */
export const agentChecks: Checks = {
  async connection(context) {
    try {
      context.transport = await openTransport(context.target, checkSignal(context));
      return ok(`connected to ${context.transport.target}`);
    } catch (error) {
      context.options.signal.throwIfAborted();
      const timedOut = `timed out after ${formatSpan(context.options.timeout)}`;
      const reason = isGuestError(error) ? error.message : timedOut;
      return failed(printable(reason), 'check what listens there, and whether this user may connect');
    }
  },

  async handshake(context) {
    const { transport, options } = context;
    if (transport === undefined) throw new Error('no connection');
    const received = { count: 0, head: Buffer.alloc(0) };
    const start = performance.now();
    try {
      context.guest = await openGuest(recording(transport, received), options);
    } catch (error) {
      options.signal.throwIfAborted();
      const reason = printable(error instanceof Error ? error.message : String(error));
      if (received.count === 0) return failed(`${reason}; nothing received`, silenceRemedy(context));
      const head = printable(received.head.toString('latin1'));
      return failed(
        `${reason}; received ${count(received.count, 'byte')} without a reply: "${head}"`,
        'the other side is not a guest agent, or is busy: check the port and the channel',
      );
    }
    const bytes = count(received.count, 'byte');
    return ok(`synchronized after ${formatSpan(performance.now() - start)}, ${bytes} received`);
  },

  async answer(context) {
    const start = performance.now();
    await guestOf(context).call('guest-ping', undefined, context.options);
    return ok(`guest-ping replied after ${formatSpan(performance.now() - start)}`);
  },

  async version(context) {
    const capabilities = await guestOf(context).capabilities(context.options);
    return ok(`${printable(capabilities.version)}, ${count(capabilities.commands.size, 'command')}`);
  },

  async filesystems(context) {
    const call = guestOf(context).call('guest-fsfreeze-status', undefined, context.options);
    const status = await ifSupported(call);
    if (status === undefined) return note('the agent does not report whether they are frozen');
    return status === 'thawed'
      ? ok('not frozen')
      : note('frozen: the agent refuses most commands until a thaw', 'guestctl thaw');
  },

  async filter(context) {
    const { commands } = await guestOf(context).capabilities(context.options);
    const disabled = [...commands].filter(([, { enabled }]) => !enabled).map(([name]) => printable(name));
    if (disabled.length === 0) return ok('all commands are enabled');
    return note(
      `${count(disabled.length, 'command')} disabled: ${disabled.sort().join(', ')}`,
      'if this is not intended, check block-rpcs and allow-rpcs in /etc/qemu/qemu-ga.conf and the options of the agent in the guest',
    );
  },
};
