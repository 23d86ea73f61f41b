import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AgentProgram } from '@guestwire/test/agents';
import type { Sample } from './metrics.js';
import { type MeasuredProgram, startMeasured } from './programs.js';
import { rawClient, request } from './raw-client.js';
import { percentile } from './statistics.js';

/**
 * Measures how long it takes to open and close a file, and for guestd also with a policy that has rules on files.
 * @param file a path in a folder for the files of the benchmark
 */
export async function measureOpen(program: MeasuredProgram, file: string): Promise<Sample> {
  const folder = join(dirname(file), 'open');
  mkdirSync(folder);
  try {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    const plain = { 'open.plain': await openAndClose(program, path) };
    if (!program.isGuestd) return plain;
    const policy = join(folder, 'policy');
    const rules = ['[commands]', 'preset=unrestricted', '[files]', `read=${folder}/**`, 'deny=/etc/**'];
    writeFileSync(policy, rules.join('\n'), { mode: 0o600 });
    const [executable, ...args] = program.command;
    const restricted: AgentProgram = { ...program, command: [executable, ...args, '--policy', policy] };
    return { ...plain, 'open.policy': await openAndClose(restricted, path) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the median in microseconds. */
async function openAndClose(program: AgentProgram, path: string): Promise<number> {
  await using agent = await startMeasured(program);
  await using client = await rawClient(agent.socket);
  const open = request('guest-file-open', { path });
  const times: number[] = [];
  for (let index = 0; index < TURNS; index += 1) {
    const start = performance.now();
    const { head } = await client.ask(open);
    const handle = /^\{"return": (\d+)\}/.exec(head)?.[1];
    if (handle === undefined) throw new Error(`not opened: ${head}`);
    await client.ask(request('guest-file-close', { handle: Number(handle) }));
    if (index >= WARM_UP_TURNS) times.push((performance.now() - start) * 1000);
  }
  return percentile(times, 0.5);
}

const TURNS = 1200;
const WARM_UP_TURNS = 200;
