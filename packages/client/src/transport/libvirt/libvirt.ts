import { GuestError } from '../../guest-error.js';
import { invalidArgument } from '../../invalid-argument.js';
import { startDeadline } from '../../time.js';
import { memoryTransports } from '../memory.js';
import { formatCheckedLibvirt } from '../target.js';
import type { Transport } from '../transport.js';
import { quote, Virsh } from './virsh.js';
import { MAX_REPLY_BYTES, MAX_REQUEST_BYTES, type RunningDomain, VirshAgent } from './virsh-agent.js';
import { explainVirsh } from './virsh-text.js';

/**
 * Returns the number that libvirt gave to a running domain. It identifies this run of this domain, whatever is started or
 * renamed meanwhile. A name takes precedence over a number: a domain may be called `7`.
 */
async function domainNumber(virsh: Virsh, domain: string, target: string): Promise<string> {
  const { output, errors } = await virsh.run(`domid --domain=${quote(domain)}`);
  const [line = ''] = output.toString().split('\n', 1);
  const number = line.trim();
  if (/^\d+$/.test(number)) return number;
  if (number === '-') throw new GuestError('closed', `${target}: ${explainVirsh('domain is not running')}`);
  if (/^\d+$/.test(domain)) return domain;
  throw new GuestError('closed', `${target}: ${explainVirsh(errors) ?? 'virsh returned no number for it'}`);
}

/**
 * Connects to the agent of a domain through `virsh qemu-agent-command`, which supports every URI and authentication of
 * libvirt, and leaves the agent's channel to libvirt. A {@link VirshAgent} serves the connection.
 */
export async function libvirtTransport(
  uri: string | undefined,
  domain: string,
  signal?: AbortSignal,
): Promise<Transport> {
  const target = formatCheckedLibvirt(uri, domain);
  if (domain === '*') throw invalidArgument(`${target} names all domains: write the name of one`);
  signal?.throwIfAborted();
  using deadline = startDeadline({ signal }, target);
  let virsh: Virsh | undefined;
  try {
    virsh = await Virsh.connect(uri, target, deadline);
    const number = await deadline.race(domainNumber(virsh, domain, target));
    return virshTransport(virsh, { target, number });
  } catch (error) {
    await virsh?.[Symbol.asyncDispose]();
    signal?.throwIfAborted();
    throw error;
  }
}

/** Returns the host's end of a connection that a {@link VirshAgent} serves. */
function virshTransport(virsh: Virsh, domain: RunningDomain): Transport {
  const [host, end] = memoryTransports();
  const agent = new VirshAgent(end, virsh, domain);
  let problem: unknown;
  const served = agent.serve().catch(async (error: unknown) => {
    problem = error;
    await end[Symbol.asyncDispose]();
  });
  return {
    target: domain.target,
    limits: { request: MAX_REQUEST_BYTES, reply: MAX_REPLY_BYTES },
    async write(bytes, timeout = Number.POSITIVE_INFINITY) {
      agent.expect(timeout);
      try {
        await host.write(bytes);
      } catch (error) {
        throw problem ?? error;
      }
    },
    async *[Symbol.asyncIterator]() {
      yield* host;
      if (problem !== undefined) throw problem;
    },
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await virsh[Symbol.asyncDispose]();
      await served;
    },
  };
}
