import { questions, type Sample } from './metrics.js';
import { type RawClient, request } from './raw-client.js';
import { percentile } from './statistics.js';

/** Measures the median duration of each read-only command. */
export async function measureQuestions(client: RawClient, effort: number): Promise<Sample> {
  const sample: Record<string, number> = {};
  for (const name of questions) {
    const bytes = request(name);
    const times: number[] = [];
    for (let i = 0; i < Math.max(20, Math.round(1000 * effort)); i++) {
      const start = performance.now();
      await client.ask(bytes);
      times.push((performance.now() - start) * 1000);
    }
    sample[`question.${name}`] = percentile(times, 0.5);
  }
  return sample;
}
