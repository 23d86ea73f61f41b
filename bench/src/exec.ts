import type { Sample } from './metrics.js';
import { type RawClient, request } from './raw-client.js';

const OUTPUT_SIZE = 16 * 2 ** 20;

/** Polls the status until the process has ended, as a host does. Returns the length of the last reply in bytes. */
async function untilEnded(client: RawClient, pid: string): Promise<number> {
  const status = request('guest-exec-status', { pid: Number(pid) });
  for (;;) {
    const { head, length } = await client.ask(status);
    if (!head.includes('"exited": false')) return length;
  }
}

async function run(client: RawClient, exec: Buffer): Promise<number> {
  const { head } = await client.ask(exec);
  const pid = /^\{"return": \{"pid": (\d+)\}\}/.exec(head)?.[1];
  if (pid === undefined) throw new Error(`no process: ${head}`);
  return await untilEnded(client, pid);
}

/** Runs a program without output many times, and one that writes as much as the agent keeps. */
export async function measureExec(client: RawClient, effort: number): Promise<Sample> {
  const nothing = request('guest-exec', { path: '/bin/true' });
  const runs = Math.max(1, Math.round(1000 * effort));
  let start = performance.now();
  for (let i = 0; i < runs; i++) await run(client, nothing);
  const rate = runs / ((performance.now() - start) / 1000);

  const flood = request('guest-exec', {
    path: '/usr/bin/head',
    arg: ['-c', String(OUTPUT_SIZE), '/dev/zero'],
    'capture-output': true,
  });
  const floods = Math.max(1, Math.round(5 * effort));
  start = performance.now();
  for (let i = 0; i < floods; i++) {
    const length = await run(client, flood);
    if (length < Math.ceil(OUTPUT_SIZE / 3) * 4) throw new Error(`incomplete output: ${length} bytes`);
  }
  const seconds = (performance.now() - start) / 1000;
  return { 'exec.rate': rate, 'exec.output': (floods * OUTPUT_SIZE) / 1e6 / seconds };
}
