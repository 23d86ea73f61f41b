import { startDeadline } from '../../deadline.js';
import { GuestError } from '../../guest-error.js';
import { memoryTransports } from '../memory.js';
import { checkedLibvirt } from '../target.js';
import type { Transport } from '../transport.js';
import { quoted, Virsh } from './virsh.js';
import { LONGEST_REPLY, LONGEST_REQUEST, type RunningDomain, VirshAgent } from './virsh-agent.js';
import { explainVirsh } from './virsh-text.js';

/**
 * The number that libvirt gave to a running domain: it names this run of this domain and no other, whatever is
 * started or renamed meanwhile. A name goes before a number, as with a domain that is called `7`.
 */
async function numberOf(virsh: Virsh, domain: string, target: string): Promise<string> {
  const byName = await virsh.run(`domid --domain=${quoted(domain)}`);
  const answer = firstLine(byName.output);
  if (/^\d+$/.test(answer)) return answer;
  if (answer === '-') throw new GuestError('closed', `${target}: ${explainVirsh('domain is not running')}`);
  if (!/^\d+$/.test(domain)) {
    throw new GuestError(
      'closed',
      `${target}: ${explainVirsh(byName.errors) ?? 'virsh knows no number of it'}`,
    );
  }
  return domain;
}

function firstLine(output: Buffer): string {
  const end = output.indexOf('\n');
  return output.toString('utf8', 0, end < 0 ? output.length : end).trim();
}

/**
 * Leads to the agent of a domain through libvirt's `virsh qemu-agent-command`, which works with every URI and
 * authentication of libvirt's, and takes from libvirt nothing that it owns.
 *
 * What it is given is a conversation with an agent; it is played by a {@link VirshAgent}.
 *
 * @throws {GuestError} `closed`, whose message says what to look at, or the signal's reason
 * @throws {TypeError} if no domain can have that name
 */
export async function libvirtTransport(
  uri: string | undefined,
  domain: string,
  signal?: AbortSignal,
): Promise<Transport> {
  const target = checkedLibvirt(uri, domain);
  if (domain === '*') throw new TypeError(`${target} names every domain: write the name of one`);
  signal?.throwIfAborted();
  using deadline = startDeadline({ timeout: Number.POSITIVE_INFINITY, ...(signal && { signal }) }, target);
  try {
    const virsh = await Virsh.connect(uri, target, deadline);
    try {
      const number = await deadline.race(numberOf(virsh, domain, target));
      return overVirsh(virsh, { target, number });
    } catch (error) {
      await virsh[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** The host's end of a conversation that a {@link VirshAgent} holds at the other end. */
function overVirsh(virsh: Virsh, domain: RunningDomain): Transport {
  const [host, end] = memoryTransports();
  const agent = new VirshAgent(end, virsh, domain);
  let problem: unknown;
  const served = agent.serve().catch(async (error: unknown) => {
    problem = error;
    await end[Symbol.asyncDispose]();
  });
  return {
    target: domain.target,
    limits: { request: LONGEST_REQUEST, reply: LONGEST_REPLY },
    async write(bytes, patience = Number.POSITIVE_INFINITY) {
      agent.expect(patience);
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
