import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { FreezeHooks } from '../../../src/freeze/hooks.js';
import { collectingLogger } from '../../support/logger.js';
import { standIns } from '../../support/stand-ins.js';
import { until } from '../../support/until.js';

/** A hook that an agent has left while it runs `argument`; it ends when a line is written to `gate`. */
async function orphanedHook(argument: string, helperTimeout: number) {
  const stand = standIns();
  const gate = stand.folder.file('gate');
  execFileSync('mkfifo', [gate]);
  const hook = stand.folder.file('hook');
  // Only its first process waits.
  stand.script(
    'hook',
    `echo "$1" >> $CALLS\nif [ "$GATE" ]; then read line < $GATE; echo "$1 ended" >> $CALLS; fi`,
  );
  const child = spawn(hook, [argument], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...stand.env, GATE: gate },
  });
  const ended = once(child, 'exit');
  await until(() => stand.calls().length === 1);
  let hooks: readonly string[] = [hook];
  const journal = {
    get hooks() {
      return hooks;
    },
    async setHooks(left: readonly string[]) {
      hooks = left;
    },
  };
  const log = collectingLogger();
  const options = { fsfreezeHook: hook, helperTimeout, log, env: stand.env };
  return {
    log,
    calls: stand.calls,
    freezeHooks: new FreezeHooks(options, journal),
    open: () => writeFileSync(gate, 'go\n'),
    ended,
    journal,
    [Symbol.dispose]() {
      child.kill('SIGKILL');
      stand[Symbol.dispose]();
    },
  };
}

test('FreezeHooks waits for a hook that still runs thaw for a killed agent, and does not run it again', async () => {
  using orphan = await orphanedHook('thaw', 60);
  const thawed = orphan.freezeHooks.thaw();
  await until(() => orphan.log.lines.join().includes('waiting for fsfreeze hook'));
  orphan.open();
  await thawed;
  assert.deepEqual(orphan.calls(), ['thaw', 'thaw ended']);
  assert.deepEqual(orphan.journal.hooks, []);
});

test('FreezeHooks kills a hook whose thaw for a killed agent is overdue, and runs it again', async () => {
  using orphan = await orphanedHook('thaw', 0.2);
  await orphan.freezeHooks.thaw().catch(() => {});
  assert.deepEqual(await orphan.ended, [null, 'SIGKILL']);
  assert.equal(orphan.calls()[1], 'thaw');
});

test('FreezeHooks kills a hook that still runs freeze for a killed agent, and runs it with thaw', async () => {
  using orphan = await orphanedHook('freeze', 60);
  await orphan.freezeHooks.thaw();
  assert.deepEqual(await orphan.ended, [null, 'SIGKILL']);
  assert.deepEqual(orphan.calls(), ['freeze', 'thaw']);
});
