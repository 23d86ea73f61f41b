import { questions, type Sample } from './metrics.js';
import { type MeasuredProgram, startMeasured } from './programs.js';
import { type RawClient, rawClient, request } from './raw-client.js';
import { percentile } from './statistics.js';

/** Measures the median duration of each read-only command. */
export async function measureQuestions(client: RawClient, effort: number): Promise<Sample> {
  const sample: Record<string, number> = {};
  for (const { name } of questions) {
    const times = await timesOf(client, name, Math.max(20, Math.round(1000 * effort)));
    sample[`question.${name}`] = percentile(times, 0.5);
  }
  return sample;
}

/** Returns the duration of each of a number of calls, in microseconds. */
export async function timesOf(client: RawClient, command: string, calls: number): Promise<number[]> {
  const bytes = request(command);
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const start = performance.now();
    await client.ask(bytes);
    times.push((performance.now() - start) * 1000);
  }
  return times;
}

/** The calls whose median stands for the hundredth, since one call alone is noise. */
const HUNDREDTH = { from: 94, to: 105 };

/** Measures the first call and the hundredth of each read-only command, each with a new agent. */
export async function measureFirstAndHundredth(program: MeasuredProgram): Promise<Sample> {
  const sample: Record<string, number> = {};
  for (const { name } of questions) {
    await using agent = await startMeasured(program);
    await using client = await rawClient(agent.socket);
    const times = await timesOf(client, name, HUNDREDTH.to);
    sample[`question.first.${name}`] = times[0] ?? Number.NaN;
    sample[`question.${name}`] = percentile(times.slice(HUNDREDTH.from), 0.5);
  }
  return sample;
}
