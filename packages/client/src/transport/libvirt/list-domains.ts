import { type CallOptions, DEFAULT_CONNECT_TIMEOUT_MS, startDeadline } from '../../deadline.js';
import { GuestError } from '../../guest-error.js';
import { checkedLibvirt } from '../target.js';

/**
 * The names of all domains that run in a libvirt.
 *
 * @param uri the libvirt's; `undefined` for the one that virsh finds by itself
 * @throws {GuestError} `closed`, `timeout` or `aborted`
 */
export async function listLibvirtDomains(
  uri: string | undefined,
  limits: CallOptions = {},
): Promise<string[]> {
  const target = checkedLibvirt(uri, '*');
  // They need not be there for who never asks.
  const [{ Virsh }, { explainVirsh }] = await Promise.all([import('./virsh.js'), import('./virsh-text.js')]);
  using deadline = startDeadline({ timeout: DEFAULT_CONNECT_TIMEOUT_MS, ...limits }, target);
  const virsh = await Virsh.connect(uri, target, deadline);
  try {
    const { output, errors } = await deadline.race(virsh.run('list --name --state-running'));
    if (errors !== '') throw new GuestError('closed', `${target}: ${explainVirsh(errors)}`);
    return output
      .toString()
      .split('\n')
      .filter((name) => name !== '');
  } finally {
    await virsh[Symbol.asyncDispose]();
  }
}
