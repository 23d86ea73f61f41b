import { printable } from '../output/printable.js';
import { failed, note, ok, type Step } from './examine.js';
import { type Patient, within } from './patient.js';
import { type VirshRun, virsh } from './virsh.js';

/** Asks the libvirt of the target. */
async function ask(patient: Patient, ...args: readonly string[]): Promise<VirshRun> {
  const uri = patient.target.kind === 'libvirt' ? patient.target.uri : undefined;
  const run = await virsh(uri, args, within(patient));
  patient.limits.signal.throwIfAborted();
  return run;
}

function domainOf({ target }: Patient): string {
  return target.kind === 'libvirt' ? target.domain : '';
}

const program: Step<Patient> = {
  name: 'virsh',
  async look(patient) {
    const { found, out, reason, ok: worked } = await ask(patient, '--version');
    if (!found) return failed('there is no virsh on this host', 'install the Debian package libvirt-clients');
    return worked
      ? ok(`version ${printable(out.trim())}`)
      : failed(printable(reason), 'see that virsh can be run');
  },
};

const connection: Step<Patient> = {
  name: 'libvirt',
  async look(patient) {
    const { ok: worked, out, reason } = await ask(patient, 'uri');
    return worked
      ? ok(`connected to ${printable(out.trim())}`)
      : failed(
          printable(reason),
          'see that libvirtd runs, and that this user may use it (group libvirt); a URI is named by libvirt+URI/DOMAIN',
        );
  },
};

const states: Readonly<Record<string, string>> = {
  paused: 'virsh resume',
  'shut off': 'virsh start',
  crashed: 'virsh start',
  pmsuspended: 'virsh dompmwakeup',
};

const domain: Step<Patient> = {
  name: 'machine',
  async look(patient) {
    const name = printable(domainOf(patient));
    const { ok: worked, out, reason } = await ask(patient, 'domstate', '--', domainOf(patient));
    if (!worked) return failed(printable(reason), 'virsh list --all shows the machines of this connection');
    const state = out.trim();
    if (state === 'running' || state === 'idle') return ok(`${name} runs`);
    return failed(
      `${name} does not run: it is ${printable(state)}`,
      `${states[state] ?? 'virsh start'} ${name}`,
    );
  },
};

/** The channels of a machine, as text of XML. */
const CHANNELS = /<channel\b[^>]*>.*?<\/channel>/gs;
const IS_AGENTS = /<target\b[^>]*\bname=(['"])org\.qemu\.guest_agent\.0\1/;
const STATE_OF = /<target\b[^>]*\bstate=['"](\w+)['"]/;

/** The state of the agent's channel; `undefined` if there is none, empty if its state is not told. */
export function channelState(xml: string): string | undefined {
  const channel = xml.match(CHANNELS)?.find((text) => IS_AGENTS.test(text));
  return channel === undefined ? undefined : (STATE_OF.exec(channel)?.[1] ?? '');
}

const channel: Step<Patient> = {
  name: 'channel',
  async look(patient) {
    const { ok: worked, out, reason } = await ask(patient, 'dumpxml', '--', domainOf(patient));
    if (!worked)
      return failed(printable(reason), 'see that this user may read the description of the machine');
    const state = channelState(out);
    if (state === undefined) {
      return failed(
        'the machine has no channel for an agent',
        "add one with virsh edit and start the machine anew: <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
      );
    }
    if (state === 'connected') return ok('there is one, and an agent has opened it');
    return state === 'disconnected'
      ? failed(
          'there is one, but no agent has opened it',
          'install and start the agent in the guest: systemctl start guestd, or qemu-guest-agent',
        )
      : note('there is one; libvirt does not tell whether an agent has opened it');
  },
};

/** The looks at libvirt and its machine. */
export const libvirtSteps: readonly Step<Patient>[] = [program, connection, domain, channel];
