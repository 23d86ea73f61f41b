import type { AgentProgram } from '@guestwire/test/agents';
import type { Sample } from './metrics.js';
import { type MeasuredProgram, startMeasured } from './programs.js';
import { rawClient, request } from './raw-client.js';

/** Measures the time from the start of the process to the reply to a ping, also of the single executable if it exists. */
export async function measureStart(program: MeasuredProgram): Promise<Sample> {
  const { executable } = program;
  const start = await untilAnswer(program);
  return executable === undefined ? { start } : { start, 'start.executable': await untilAnswer(executable) };
}

async function untilAnswer(program: AgentProgram): Promise<number> {
  const start = performance.now();
  await using agent = await startMeasured(program);
  await using client = await rawClient(agent.socket);
  await client.ask(request('guest-ping'));
  return performance.now() - start;
}
