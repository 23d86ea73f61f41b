import { GuestError } from '../../guest-error.js';
import { type CallOptions, DEFAULT_CONNECT_TIMEOUT_MS, startDeadline } from '../../time.js';
import { formatCheckedLibvirt } from '../target.js';

/**
 * Returns the names of all running domains of libvirt.
 *
 * @param uri the connection URI; `undefined` for the default of virsh
 * @throws {GuestError} `closed`, `timeout` or `aborted`
 */
export async function listLibvirtDomains(
  uri: string | undefined,
  options: CallOptions = {},
): Promise<string[]> {
  const target = formatCheckedLibvirt(uri, '*');
  // Loaded on first use.
  const [{ Virsh }, { explainVirsh }] = await Promise.all([import('./virsh.js'), import('./virsh-text.js')]);
  using deadline = startDeadline({ timeout: DEFAULT_CONNECT_TIMEOUT_MS, ...options }, target);
  await using virsh = await Virsh.connect(uri, target, deadline);
  const { output, errors } = await deadline.race(virsh.run('list --name --state-running'));
  if (errors !== '') throw new GuestError('closed', `${target}: ${explainVirsh(errors)}`);
  const names = output.toString().split('\n');
  return names.filter((name) => name !== '');
}
