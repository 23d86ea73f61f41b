import type { CliContext } from '../context.js';
import { printable } from '../output/escape.js';
import { readTargets } from '../targets/targets-file.js';

const SCHEMES = [
  'unix:\tunix socket',
  'libvirt:\tlibvirt domain',
  'libvirt+\tlibvirt domain, by connection URI',
  'vsock:\tvsock',
  'tcp:\tTCP connection',
  'pty:\tterminal or serial device',
  'exec:\tcommand',
];

const VIRSH_TIMEOUT_MS = 2000;

/** Proposes the names of the targets file and the schemes; after a scheme, paths or the running domains of libvirt. */
export async function targetCandidates({ process }: CliContext, partial: string): Promise<readonly string[]> {
  const [scheme] = /^(unix|pty|libvirt):/.exec(partial) ?? [];
  if (scheme === 'libvirt:') {
    const { virsh } = await import('../doctor/libvirt.js');
    const { out } = await virsh(undefined, ['list', '--name'], AbortSignal.timeout(VIRSH_TIMEOUT_MS));
    return out.split('\n').flatMap((name) => (name === '' ? [] : [scheme + name]));
  }
  if (scheme !== undefined) return [`:files ${scheme}`];
  const names = await readTargets(process.env).then(
    ({ entries }) =>
      Array.from(entries, ([name, entry]) => `${name}\t${printable([entry].flat().join(', '))}`),
    // A completion cannot show an error message.
    () => [],
  );
  return [...names, ...SCHEMES];
}

/** Proposes the commands of the contract. */
export async function agentCommandCandidates(): Promise<readonly string[]> {
  const { commands } = await import('@guestwire/protocol/contract');
  return Object.keys(commands).sort();
}
