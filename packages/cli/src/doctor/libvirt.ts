import { execFile } from 'node:child_process';
import process from 'node:process';
import { printable } from '../output/escape.js';
import { type Checks, checkSignal, type DoctorContext, failed, note, ok } from './checks.js';

/** The result of a run of virsh. */
interface VirshRun {
  /** False if virsh is not installed. */
  readonly found: boolean;
  readonly ok: boolean;
  readonly out: string;
  /** The error message. */
  readonly reason: string;
}

const MAX_OUTPUT_BYTES = 4 * 2 ** 20;

/** Runs virsh with messages in English. */
export function virsh(
  uri: string | undefined,
  args: readonly string[],
  signal: AbortSignal,
): Promise<VirshRun> {
  return new Promise((resolve) => {
    execFile(
      'virsh',
      ['-q', ...(uri === undefined ? [] : ['-c', uri]), ...args],
      { signal, maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, LC_ALL: 'C' } },
      (error, out, err) => {
        const message = err
          .trim()
          .replace(/^error: /gm, '')
          .replaceAll('\n', '; ');
        resolve({
          found: error === null || !('code' in error) || error.code !== 'ENOENT',
          ok: error === null,
          out,
          reason: message || (error?.message ?? ''),
        });
      },
    );
  });
}

/** Runs virsh with the connection URI of the target. */
async function runVirsh(context: DoctorContext, ...args: readonly string[]): Promise<VirshRun> {
  const uri = context.target.kind === 'libvirt' ? context.target.uri : undefined;
  const run = await virsh(uri, args, checkSignal(context));
  context.options.signal.throwIfAborted();
  return run;
}

function domainOf({ target }: DoctorContext): string {
  return target.kind === 'libvirt' ? target.domain : '';
}

/** The command that starts a domain in a state; else `virsh start`. */
const START_COMMANDS: Readonly<Record<string, string>> = {
  paused: 'virsh resume',
  pmsuspended: 'virsh dompmwakeup',
};

const CHANNEL_ELEMENT = /<channel\b[^>]*>.*?<\/channel>/gs;
const AGENT_TARGET = /<target\b[^>]*\bname=(['"])org\.qemu\.guest_agent\.0\1/;
const TARGET_STATE = /<target\b[^>]*\bstate=['"](\w+)['"]/;

/** Returns the state of the agent's channel in a domain XML: `undefined` without a channel, empty without a state. */
export function channelState(xml: string): string | undefined {
  const channel = xml.match(CHANNEL_ELEMENT)?.find((element) => AGENT_TARGET.test(element));
  return channel === undefined ? undefined : (TARGET_STATE.exec(channel)?.[1] ?? '');
}

/** The checks of libvirt and its domain. */
export const libvirtChecks: Checks = {
  async virsh(context) {
    const { found, out, reason, ok: succeeded } = await runVirsh(context, '--version');
    if (!found) return failed('virsh is not installed', 'install the Debian package libvirt-clients');
    return succeeded
      ? ok(`version ${printable(out.trim())}`)
      : failed(printable(reason), 'check that virsh can be run');
  },

  async libvirt(context) {
    const { ok: succeeded, out, reason } = await runVirsh(context, 'uri');
    return succeeded
      ? ok(`connected to ${printable(out.trim())}`)
      : failed(
          printable(reason),
          'check that libvirtd is running, and that this user may use it (group libvirt); for another URI use libvirt+URI/DOMAIN',
        );
  },

  async machine(context) {
    const name = printable(domainOf(context));
    const { ok: succeeded, out, reason } = await runVirsh(context, 'domstate', '--', domainOf(context));
    if (!succeeded) return failed(printable(reason), 'list the domains of this connection: virsh list --all');
    const state = out.trim();
    if (state === 'running' || state === 'idle') return ok(`${name} is running`);
    const command = START_COMMANDS[state] ?? 'virsh start';
    return failed(`${name} is not running: ${printable(state)}`, `${command} ${name}`);
  },

  async channel(context) {
    const { ok: succeeded, out, reason } = await runVirsh(context, 'dumpxml', '--', domainOf(context));
    if (!succeeded) return failed(printable(reason), 'check that this user may read the domain XML');
    const state = channelState(out);
    if (state === undefined) {
      return failed(
        'the domain has no agent channel',
        "add one with virsh edit and restart the domain: <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>",
      );
    }
    if (state === 'connected') return ok('opened by an agent');
    return state === 'disconnected'
      ? failed(
          'not opened by an agent',
          'install and start the agent in the guest: systemctl start guestd, or qemu-guest-agent',
        )
      : note('libvirt does not report whether an agent has opened it');
  },
};
