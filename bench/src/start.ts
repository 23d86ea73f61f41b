import { type AgentProgram, startAgent } from '@guestwire/test/agents';
import type { Sample } from './metrics.js';
import { rawClient, request } from './raw-client.js';

/** From the start of the process until it has answered a ping. */
export const measureStart = async (program: AgentProgram): Promise<Sample> => {
  const start = performance.now();
  await using agent = await startAgent(program);
  await using client = await rawClient(agent.socket);
  await client.ask(request('guest-ping'));
  return { start: performance.now() - start };
};
