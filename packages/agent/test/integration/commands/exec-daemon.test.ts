import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Host } from '../../support/host.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

const program = fileURLToPath(new URL('../../support/agent-process.js', import.meta.url));

/** Beyond those that Node looks at when it starts. */
const INHERITED = 30;

/** An agent in a separate process, which inherits a descriptor without close-on-exec. */
async function startAgent(folder: TemporaryFolder): Promise<ChildProcess> {
  const stdio: ('ignore' | 'pipe' | 'inherit')[] = Array.from({ length: INHERITED + 1 }, () => 'ignore');
  stdio[1] = 'pipe';
  stdio[2] = 'inherit';
  stdio[INHERITED] = 'pipe';
  const args = [program, folder.file('q.sock'), '', folder.path, folder.file('log')];
  const agent = spawn(process.execPath, args, { stdio });
  assert.ok(agent.stdout);
  await once(agent.stdout, 'data');
  return agent;
}

/** Runs a script of the shell, and gives what it has written. */
async function shell(host: Host, script: string): Promise<string> {
  const request = { path: '/bin/sh', arg: ['-c', script], 'capture-output': true };
  const { pid } = JSON.parse(
    await host.ask(JSON.stringify({ execute: 'guest-exec', arguments: request })),
  ).return;
  for (;;) {
    const answer = await host.ask(`{"execute":"guest-exec-status","arguments":{"pid":${pid}}}`);
    const status = JSON.parse(answer).return;
    if (status.exited) return Buffer.from(status['out-data'] ?? '', 'base64').toString();
  }
}

test('guest-exec passes no descriptor of the agent to a program, not even an inherited one', async () => {
  using folder = temporaryFolder();
  const agent = await startAgent(folder);
  try {
    assert.ok(existsSync(`/proc/${agent.pid}/fd/${INHERITED}`), 'the agent has inherited it');
    using host = await Host.connect(folder.file('q.sock'));
    assert.equal(await shell(host, 'ls /proc/$$/fd'), '0\n1\n2\n');
  } finally {
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  }
});

test('programs keep running when the agent stops', async () => {
  using folder = temporaryFolder();
  const agent = await startAgent(folder);
  const script = `echo $$ > ${folder.file('pid')}; while ! test -e ${folder.file('go')}; do sleep 0.01; done; touch ${folder.file('went-on')}`;
  using host = await Host.connect(folder.file('q.sock'));
  await host.ask(
    JSON.stringify({
      execute: 'guest-exec',
      arguments: { path: '/bin/sh', arg: ['-c', script], 'capture-output': true },
    }),
  );
  agent.kill('SIGTERM');
  await once(agent, 'exit');
  writeFileSync(folder.file('go'), '');
  while (!existsSync(folder.file('went-on'))) await delay(5);
  assert.ok(Number(readFileSync(folder.file('pid'), 'utf8')) > 1);
});
