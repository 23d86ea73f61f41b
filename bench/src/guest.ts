import { guestdImage, startGuest, whatIsMissing } from '@guestwire/test/laboratory';
import { faster, type Metric, questions, ratioAtMost, type Sample } from './metrics.js';
import { measureQuestions } from './questions.js';
import { type RawClient, rawClient, request } from './raw-client.js';
import type { Extent, Take } from './samples.js';
import { percentile } from './statistics.js';
import { transfer } from './transfer.js';

/** Fewer requests than over a socket, since emulated machines are slow; with the ratios that are the targets. */
const sizes = [
  { name: '64 KiB', size: 65_536, requests: 100, write: 4, read: 2 },
  { name: '1 MiB', size: 2 ** 20, requests: 8, write: 8, read: 4 },
] as const;

/** The metrics of a guest, in the order of the report. */
export const guestMetrics: readonly Metric[] = [
  { id: 'guest.ping', label: 'ping, p50', unit: 'µs' },
  ...sizes.map(({ name, write }) => faster(`guest.write.${name}`, `file write, ${name}`, 'MB/s', write)),
  ...sizes.map(({ name, read }) => faster(`guest.read.${name}`, `file read, ${name}`, 'MB/s', read)),
  ...questions.map(({ name }) => ratioAtMost(`question.${name}`, `${name}, p50`, 'µs', 1.5)),
];

/** A file in the guest's memory, so that no disk is measured. */
const FILE = '/dev/shm/transfer';

async function measure(client: RawClient, effort: number): Promise<Sample> {
  const times: number[] = [];
  for (let count = Math.ceil(200 * effort); count > 0; count--) {
    const start = performance.now();
    await client.ask(request('guest-ping'));
    times.push((performance.now() - start) * 1000);
  }
  const sample: Record<string, number> = {
    'guest.ping': percentile(times, 0.5),
    ...(await measureQuestions(client, 0.2 * effort)),
  };
  for (const { name, size, requests } of sizes) {
    const { write, read } = await transfer(client, FILE, size, Math.ceil(requests * effort));
    sample[`guest.write.${name}`] = write;
    sample[`guest.read.${name}`] = read;
  }
  return sample;
}

/**
 * Measures guestd and the C agent over virtio-serial, in turn, in the same guest.
 *
 * @param take gets the values of each round of each agent
 * @returns the agents' names
 */
export async function measureInGuest(
  { rounds, effort, say }: Extent,
  take: Take,
): Promise<readonly string[]> {
  const missing = whatIsMissing();
  if (missing !== undefined) throw new Error(missing);
  say('starting a guest');
  await using guest = await startGuest({ image: guestdImage() });
  const sockets = { guestd: guest.machine.agentSocket, 'qemu-ga 10.0': guest.machine.referenceSocket };
  // The laboratory's connection would block the measured one.
  await guest.leave();
  for (let round = 0; round <= rounds; round++) {
    say(round === 0 ? 'warming up' : `transfers in a guest, round ${round} of ${rounds}`);
    for (const [agent, socket] of Object.entries(sockets)) {
      await guest.withHost(async () => {}, socket); // synchronizes
      await using client = await rawClient(socket);
      const sample = await measure(client, round === 0 ? 0.1 : effort);
      if (round > 0) take(agent, sample);
    }
  }
  return Object.keys(sockets);
}
