import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mock, test } from 'node:test';
import { HookError, runHook } from '../../../src/freeze/hook.js';
import { isLeftover, readHookFolder } from '../../../src/freeze/hook-folder.js';
import { FreezeHooks } from '../../../src/freeze/hooks.js';
import type { HookJournal } from '../../../src/freeze/record.js';
import { type FakeGuestRoot, fakeGuestRoot } from '../../support/fake-guest-root.js';
import { guestdFolder } from '../../support/guestd.js';
import { collectingLogger } from '../../support/logger.js';
import { type StandIns, standIns } from '../../support/stand-ins.js';
import { until } from '../../support/until.js';

/** Records the name of the script and its argument. */
const RECORD = `echo "\${0##*/} $1" >> $CALLS`;

const AT_FREEZE = 'if [ $1 = freeze ]; then';
const AT_THAW = 'if [ $1 = thaw ]; then';

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'OperationError', message });
}

/** Puts hooks into the folder `hooks`: scripts that record their call and continue with a body. */
function putHooks(stand: StandIns, bodies: Readonly<Record<string, string>>): string {
  for (const [name, body] of Object.entries(bodies)) stand.script(`hooks/${name}`, `${RECORD}\n${body}`);
  return stand.folder.file('hooks');
}

interface Settings {
  readonly hook?: string;
  readonly helperTimeout?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts an agent with a folder of hooks. */
function start(
  guest: FakeGuestRoot,
  stand: StandIns,
  bodies: Readonly<Record<string, string>>,
  more: Settings = {},
) {
  const { hook, helperTimeout = 60, env = {} } = more;
  return guest.start({
    fsfreezeHook: hook,
    fsfreezeHookDir: putHooks(stand, bodies),
    helperTimeout,
    env: { ...process.env, ...stand.env, ...env },
  });
}

/** A journal in memory that keeps each list it was given. */
function memoryJournal(hooks: readonly string[] = []): HookJournal & { readonly lists: string[][] } {
  const lists: string[][] = [];
  return {
    hooks,
    lists,
    async setHooks(list) {
      Object.assign(this, { hooks: list });
      lists.push(list.map((path) => path.replace(/.*\//, '')));
    },
  };
}

function hooksOf(stand: StandIns, journal: HookJournal, folder?: string): FreezeHooks {
  const options = { log: collectingLogger(), env: stand.env, helperTimeout: 60, fsfreezeHookDir: folder };
  return new FreezeHooks(options, journal);
}

/** Returns true if a process has a command line with these words. */
function isRunning(...words: readonly string[]): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0${words.join('\0')}\0`);
      } catch {
        return false;
      }
    });
}

test('the hooks of a folder run in the order of bytes after the single hook, and with thaw in reverse', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  stand.script('first', RECORD);
  const names = ['20-b', 'é', 'Z', 'a', '10 with blank', '\u{1f4be}', '\uffee'];
  const bodies = Object.fromEntries(names.map((name) => [name, '']));
  using freeze = await start(guest, stand, bodies, { hook: stand.folder.file('first') });
  assert.equal(await freeze.freeze(), 1);
  const order = ['first', '10 with blank', '20-b', 'Z', 'a', 'é', '\uffee', '\u{1f4be}'];
  const frozen = order.map((name) => `${name} freeze`);
  assert.deepEqual(stand.calls(), frozen);
  await freeze.thaw();
  assert.deepEqual(stand.calls(), [...frozen, ...order.toReversed().map((name) => `${name} thaw`)]);
});

test('a hook that fails with freeze is named with its output, and only those before it run with thaw', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  const fail = `${AT_FREEZE} echo disk is full; exit 4; fi`;
  using freeze = await start(guest, stand, { '1': '', '2': '', '3': fail, '4': '' });
  const path = stand.folder.file('hooks/3');
  await fails(freeze.freeze(), `${path}: child process has failed to execute fsfreeze hook: disk is full\n`);
  assert.deepEqual(stand.calls(), ['1 freeze', '2 freeze', '3 freeze', '2 thaw', '1 thaw']);
  assert.deepEqual([freeze.status, guest.frozen.size], ['thawed', 0]);
});

test('a hook that ends by a signal is named', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  using freeze = await start(guest, stand, { '1': 'kill -9 $$' });
  await fails(freeze.freeze(), `${stand.folder.file('hooks/1')}: child process has terminated abnormally`);
});

test('a hook that is killed at its limit is named with its output, and runs with thaw as well', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  const hang = `${AT_FREEZE} echo waiting; /bin/sleep 1000; fi`;
  // Each hook has the whole limit: both take more than half of it.
  const slow = `${AT_FREEZE} /bin/sleep 0.6; fi`;
  using freeze = await start(
    guest,
    stand,
    { '1': slow, '2': slow, '3': hang, '4': '' },
    { helperTimeout: 1 },
  );
  const problem = 'child process has failed to execute fsfreeze hook: it did not end in time: waiting\n';
  await fails(freeze.freeze(), `${stand.folder.file('hooks/3')}: ${problem}`);
  const thawed = ['3 thaw', '2 thaw', '1 thaw'];
  assert.deepEqual(stand.calls(), ['1 freeze', '2 freeze', '3 freeze', ...thawed]);
});

test('a hook that fails with thaw does not keep the others from running', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  const fail = `${AT_THAW} echo no from $0; exit 1; fi`;
  using freeze = await start(guest, stand, { '1': '', '2': fail, '3': fail });
  await freeze.freeze();
  const failure = (name: string): string => {
    const path = stand.folder.file(`hooks/${name}`);
    return `${path}: child process has failed to execute fsfreeze hook: no from ${path}\n`;
  };
  await fails(freeze.thaw(), `${failure('3')}\n${failure('2')}`);
  assert.equal(freeze.status, 'thawed');
  assert.deepEqual(stand.calls().slice(3), ['3 thaw', '2 thaw', '1 thaw']);
});

test('thaw runs exactly the hooks that ran with freeze, whatever is in the folder then', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  using freeze = await start(guest, stand, { '1': '', '2': '' });
  await freeze.freeze();
  putHooks(stand, { '0': '', '3': '' });
  chmodSync(stand.folder.file('hooks/1'), 0o644);
  const problem = 'child process has failed to execute fsfreeze hook: failed to exec';
  const path = stand.folder.file('hooks/1');
  await fails(freeze.thaw(), `${path}: ${problem} '${path}': Permission denied\n`);
  assert.deepEqual(stand.calls(), ['1 freeze', '2 freeze', '2 thaw']);
});

test('a hook that is in the folder and is the single hook runs once', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  putHooks(stand, { '1': '', '2': '' });
  symlinkSync('hooks/2', stand.folder.file('link'));
  using freeze = await start(guest, stand, {}, { hook: stand.folder.file('link') });
  await freeze.freeze();
  assert.deepEqual(stand.calls(), ['link freeze', '1 freeze']);
});

test('a second freeze after one that froze nothing first runs the hooks with thaw', async () => {
  using guest = fakeGuestRoot();
  using stand = standIns();
  using freeze = await start(guest, stand, { '1': '' });
  await freeze.freeze();
  await freeze.freeze();
  assert.deepEqual(stand.calls(), ['1 freeze', '1 thaw', '1 freeze']);
});

test('readHookFolder skips leftovers silently, and what cannot be executed with a warning', async () => {
  using stand = standIns();
  const log = collectingLogger();
  const folder = putHooks(stand, {
    hook: '',
    'hook~': '',
    '.hidden': '',
    'hook.dpkg-old': '',
    'hook.sample': '',
  });
  stand.file('hooks/README', 'text');
  mkdirSync(`${folder}/sub`);
  symlinkSync('nowhere', `${folder}/dangling`);
  symlinkSync('hook', `${folder}/linked`);
  assert.deepEqual(await readHookFolder(`${folder}/`, log), [`${folder}/hook`, `${folder}/linked`]);
  assert.deepEqual(log.lines, [
    `warning: skipped fsfreeze hook ${folder}/README: it is not executable`,
    `warning: skipped fsfreeze hook ${folder}/dangling: No such file or directory`,
    `warning: skipped fsfreeze hook ${folder}/sub: it is no regular file`,
  ]);
});

test('readHookFolder rejects a name that is not UTF-8', async () => {
  using stand = standIns();
  const folder = putHooks(stand, {});
  mkdirSync(folder);
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), '', { mode: 0o755 });
  await fails(
    readHookFolder(folder, collectingLogger()),
    `fsfreeze hook ${folder}/\ufffd: name is not UTF-8`,
  );
});

test('a freeze fails if the folder of hooks is missing', async () => {
  using guest = fakeGuestRoot('/');
  using freeze = await guest.start({ fsfreezeHookDir: '/nowhere/hooks' });
  const problem = 'failed to read the folder of fsfreeze hooks /nowhere/hooks: No such file or directory';
  await fails(freeze.freeze(), problem);
  assert.deepEqual([freeze.status, guest.frozen.size], ['thawed', 0]);
});

test('isLeftover recognizes the names that the dispatcher skips', () => {
  // `case` of the packaged shell script; hidden files are not matched by its `*`.
  const script = readFileSync(
    new URL('../../../../../../packaging/hook/fsfreeze-hook', import.meta.url),
    'utf8',
  );
  const patterns = Array.from(
    script.matchAll(/\*(~|\.[a-z-]+)(?= \||\) return 0)/g),
    ([, ending = '']) => ending,
  );
  assert.ok(patterns.length >= 14);
  for (const ending of patterns) assert.ok(isLeftover(`hook${ending}`), ending);
  for (const name of ['hook', 'hook.sh', '10-bak', 'a.b.c', 'bak', 'x.dpkg-new.sh'])
    assert.equal(isLeftover(name), false);
});

test('the journal has a hook before it is started, and until it has ended with thaw', async () => {
  using stand = standIns();
  const journal = memoryJournal();
  const folder = putHooks(stand, { '1': '', '2': `${AT_FREEZE} exit 1; fi` });
  const hooks = hooksOf(stand, journal, folder);
  await assert.rejects(hooks.freeze());
  assert.deepEqual(journal.lists, [['1'], ['1', '2'], ['1']]);
  assert.equal(hooks.holds, true);
  await hooks.thaw();
  assert.deepEqual(journal.lists.at(-1), []);
  assert.equal(hooks.holds, false);
});

test('a cancel waits for the running hook, starts no other one, and rejects with its reason', async () => {
  using stand = standIns();
  const gate = stand.folder.file('gate');
  execFileSync('mkfifo', [gate]);
  const folder = putHooks(stand, { '1': `${AT_FREEZE} read -r line < ${gate}; fi`, '2': '' });
  const journal = memoryJournal();
  const hooks = hooksOf(stand, journal, folder);
  const cancel = new AbortController();
  const frozen = hooks.freeze(cancel.signal);
  await until(() => stand.calls().length > 0);
  cancel.abort(new Error('no longer wanted'));
  writeFileSync(gate, 'go\n');
  await assert.rejects(frozen, /^Error: no longer wanted$/);
  assert.deepEqual(stand.calls(), ['1 freeze']);
  assert.deepEqual(journal.lists, [['1']]);
});

test('a cancel kills a hook that does not end within five seconds, which then runs with thaw', async () => {
  using stand = standIns();
  const folder = putHooks(stand, { '1': `${AT_FREEZE} /bin/sleep 1000 & wait; fi` });
  const journal = memoryJournal();
  const hooks = hooksOf(stand, journal, folder);
  const cancel = new AbortController();
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const frozen = hooks.freeze(cancel.signal);
    await until(() => stand.calls().length > 0);
    cancel.abort(new Error('no longer wanted'));
    mock.timers.tick(4_999);
    mock.timers.tick(1);
    await assert.rejects(frozen, /^Error: no longer wanted$/);
  } finally {
    mock.timers.reset();
  }
  assert.equal(hooks.holds, true);
  await hooks.thaw();
  assert.deepEqual(stand.calls(), ['1 freeze', '1 thaw']);
});

test('a cancelled thaw leaves the hooks that have not run in the journal', async () => {
  using stand = standIns();
  const gate = stand.folder.file('gate');
  execFileSync('mkfifo', [gate]);
  const folder = putHooks(stand, { '1': '', '2': `${AT_THAW} read -r line < ${gate}; fi` });
  const journal = memoryJournal();
  const hooks = hooksOf(stand, journal, folder);
  await hooks.freeze();
  const cancel = new AbortController();
  const thawed = hooks.thaw(cancel.signal);
  await until(() => stand.calls().length > 2);
  cancel.abort(new Error('the agent stops'));
  writeFileSync(gate, 'go\n');
  await assert.rejects(thawed, /^Error: the agent stops$/);
  assert.deepEqual(journal.hooks, [`${folder}/1`]);
  await hooks.thaw();
  assert.deepEqual(stand.calls().slice(2), ['2 thaw', '1 thaw']);
});

test('a hook has the working directory /, a umask of at least 022, and no descriptor but the standard ones', async () => {
  using stand = standIns();
  const report = stand.folder.file('report');
  stand.script(
    'hook',
    `{ pwd; umask; echo "$PATH"; readlink /proc/$$/fd/0
    for fd in /proc/$$/fd/*; do if [ -h $fd ]; then echo \${fd##*/}; fi; done; } > ${report}`,
  );
  const path = stand.folder.file('hook');
  const own = process.umask(0);
  try {
    const run = runHook(path, 'freeze', {
      log: collectingLogger(),
      env: {},
      helperTimeout: 60,
      fsfreezeHook: path,
    });
    assert.equal(process.umask(), 0);
    await run;
  } finally {
    process.umask(own);
  }
  const [folder, umask, search, input, ...descriptors] = readFileSync(report, 'utf8').trimEnd().split('\n');
  assert.deepEqual([folder, umask, input], ['/', '0022', '/dev/null']);
  assert.equal(search, '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin');
  // dash keeps its script open as descriptor 10 or above.
  const low = descriptors.map(Number).filter((fd) => fd < 10);
  assert.deepEqual(low, [0, 1, 2]);
});

test('runHook rejects with a HookError that says whether the hook was killed', async () => {
  using stand = standIns();
  stand.script('hook', '[ $1 = freeze ] || exit 1; exec /bin/sleep 1000');
  const path = stand.folder.file('hook');
  const options = { log: collectingLogger(), env: {}, helperTimeout: 0.2, fsfreezeHook: path };
  const killed = (value: boolean) => (error: unknown) =>
    error instanceof HookError && error.wasKilled === value;
  await assert.rejects(runHook(path, 'freeze', options), killed(true));
  await assert.rejects(runHook(path, 'thaw', options), killed(false));
});

test('guestd that was killed while a hook ran freeze ends that hook and runs it with thaw at the next start', async () => {
  using stand = standIns();
  using folder = guestdFolder();
  // A root with nothing mounted: nothing of this machine can be frozen by mistake.
  stand.file('proc/self/mountinfo', '');
  const calls = stand.folder.file('calls');
  const body = `${AT_FREEZE} /bin/sleep 300; echo "late freeze" >> $CALLS; fi`;
  const hooks = putHooks(stand, { '1': '', '2': body, '3': '' });
  const args = ['--system-root', stand.root, `--fsfreeze-hook-dir=${hooks}`];
  const env = { CALLS: calls };
  const first = await folder.serve(args, env);
  first.host.send('{"execute":"guest-fsfreeze-freeze"}');
  await until(() => stand.calls().length === 2);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  assert.equal(isRunning(`${hooks}/2`, 'freeze'), true);

  const { host } = await folder.serve(args, env);
  await until(() => stand.calls().length === 4);
  assert.deepEqual(stand.calls(), ['1 freeze', '2 freeze', '2 thaw', '1 thaw']);
  assert.equal(isRunning(`${hooks}/2`, 'freeze'), false);
  await until(() => !existsSync(folder.file('guestd.freeze')));
  assert.equal(await host.ask('{"execute":"guest-fsfreeze-status"}'), '{"return": "thawed"}');
});
