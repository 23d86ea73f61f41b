import type { Sample } from './metrics.js';
import { type RawClient, request } from './raw-client.js';
import { percentile } from './statistics.js';

const ping = request('guest-ping');

/** Measures pings one after the other, and then pipelined pings. */
export async function measurePing(client: RawClient, effort: number): Promise<Sample> {
  const trips = Math.round(4000 * effort);
  const times: number[] = [];
  for (let i = 0; i < trips; i++) {
    const start = performance.now();
    await client.ask(ping);
    times.push((performance.now() - start) * 1000);
  }

  const count = Math.round(20_000 * effort);
  const many = Buffer.concat(Array.from({ length: count }, () => ping));
  const start = performance.now();
  await client.flood(many, count);
  const seconds = (performance.now() - start) / 1000;

  return {
    'ping.p50': percentile(times, 0.5),
    'ping.p99': percentile(times, 0.99),
    'ping.pipelined': count / seconds,
  };
}
