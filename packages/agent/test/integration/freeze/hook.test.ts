import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { mock, test } from 'node:test';
import { OperationError } from '../../../src/operation-error.js';
import { type FakeGuestRoot, fakeGuestRoot } from '../../support/fake-guest-root.js';
import { type StandIns, standIns, zombies } from '../../support/stand-ins.js';
import { until } from '../../support/until.js';

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'OperationError', message });
}

/** Records its argument, and whether the agent holds filesystems. */
const RECORD = 'if [ -e $FLAG ]; then echo "$* while frozen"; else echo "$*"; fi >> $CALLS';

const AT_FREEZE = 'if [ $1 = freeze ]; then';
const AT_THAW = 'if [ $1 = thaw ]; then';

/** Starts an agent whose hook is a script that records its argument and continues with `body`. */
async function hooked(
  guest: FakeGuestRoot,
  stand: StandIns,
  body = '',
  settings: { freezeTimeout?: number; helperTimeout?: number } = {},
) {
  stand.script('hook', `${RECORD}\n${body}`);
  const env = { ...process.env, ...stand.env, FLAG: guest.folder.file('qga.state.isfrozen') };
  return guest.start({ fsfreezeHook: stand.folder.file('hook'), ...settings, env });
}

test('the hook runs before a freeze and after a thaw, with the log on', async () => {
  using guest = fakeGuestRoot('/', '/home');
  using stand = standIns();
  using freeze = await hooked(guest, stand);
  assert.equal(await freeze.freeze(), 2);
  assert.deepEqual(stand.calls(), ['freeze']);
  assert.equal(await freeze.thaw(), 2);
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
  assert.deepEqual(guest.log.lines, [
    'syslog: guest-fsfreeze called',
    "syslog: executing fsfreeze hook with arg 'freeze'",
    'warning: disabling logging due to filesystem freeze',
    'warning: logging re-enabled due to filesystem unfreeze',
    'syslog: guest-fsthaw called',
    "syslog: executing fsfreeze hook with arg 'thaw'",
  ]);
});

test('freeze freezes a filesystem that the hook has mounted', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  const list = guest.folder.file('proc/self/mountinfo');
  const mount = `echo '9 0 8:9 / /snapshot rw - ext4 /dev/sdb rw' >> ${list}`;
  using freeze = await hooked(guest, stand, `${AT_FREEZE} ${mount}; fi`);
  assert.equal(await freeze.freeze(), 2);
});

test('the hook runs for a freeze of some filesystems, too', async () => {
  using guest = fakeGuestRoot('/', '/home');
  using stand = standIns();
  using freeze = await hooked(guest, stand);
  assert.equal(await freeze.freeze(['/home']), 1);
  await freeze.thaw();
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
});

for (const { how, body, text } of [
  { how: 'with a status', body: 'exit 3', text: 'has failed to execute fsfreeze hook: exit status 3' },
  {
    how: 'with words',
    body: 'echo no disk; echo at all >&2; exit 1',
    text: 'has failed to execute fsfreeze hook: no disk\nat all\n',
  },
  { how: 'by a signal', body: 'kill -9 $$', text: 'has terminated abnormally' },
]) {
  test(`freeze freezes nothing if the hook fails ${how}, which does not run with thaw`, async () => {
    using guest = fakeGuestRoot('/');
    using stand = standIns();
    using freeze = await hooked(guest, stand, body);
    await fails(freeze.freeze(), `child process ${text}`);
    assert.deepEqual([freeze.status, guest.flag, guest.events], ['thawed', false, ['prepare']]);
    assert.equal(await freeze.release(), 0);
    assert.deepEqual(stand.calls(), ['freeze']);
  });
}

test('freeze fails if the hook is missing or not executable', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  using freeze = await hooked(guest, stand);
  const hook = stand.folder.file('hook');
  const failure = `child process has failed to execute fsfreeze hook: failed to exec '${hook}': `;
  chmodSync(hook, 0o644);
  await fails(freeze.freeze(), `${failure}Permission denied\n`);
  stand.folder[Symbol.dispose]();
  await fails(freeze.freeze(), `${failure}No such file or directory\n`);
  assert.deepEqual([freeze.status, guest.frozen.size], ['thawed', 0]);
});

test('thaw reports a failed hook after everything is thawed', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  using freeze = await hooked(guest, stand, `${AT_THAW} echo still busy; exit 1; fi`);
  await freeze.freeze();
  await fails(freeze.thaw(), 'child process has failed to execute fsfreeze hook: still busy\n');
  assert.deepEqual([freeze.status, guest.flag, guest.frozen.size], ['thawed', false, 0]);
  assert.equal(await freeze.release(), 0);
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
});

test('the hook runs with thaw if a filesystem fails, and its own failure is only logged', async () => {
  using guest = fakeGuestRoot('/', '/bad');
  guest.outcomes.set('/bad', new OperationError('failed to freeze /bad: Input/output error'));
  using stand = standIns();
  using freeze = await hooked(guest, stand, `${AT_THAW} exit 9; fi`);
  await fails(freeze.freeze(), 'failed to freeze /bad: Input/output error');
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
  assert.deepEqual([freeze.status, guest.frozen.size], ['thawed', 0]);
  assert.equal(
    guest.log.lines.at(-1),
    'warning: child process has failed to execute fsfreeze hook: exit status 9',
  );
});

test('the hook runs with thaw if the mount list cannot be read after it', async () => {
  using guest = fakeGuestRoot('/');
  guest.unreadable();
  using stand = standIns();
  using freeze = await hooked(guest, stand);
  await fails(freeze.freeze(), "failed to open mtab file: '/proc/self/mounts'");
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
});

test('the hook runs after a successful thaw, not after a failed one', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  using freeze = await hooked(guest, stand);
  await freeze.freeze();
  guest.thawFailures.set('/', new OperationError('failed to thaw /: Input/output error'));
  await assert.rejects(freeze.thaw());
  assert.deepEqual(stand.calls(), ['freeze']);
  guest.thawFailures.clear();
  await freeze.thaw();
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
});

test('the hook runs with thaw at the next thaw if nothing was frozen', async () => {
  using guest = fakeGuestRoot();
  using stand = standIns();
  using freeze = await hooked(guest, stand);
  assert.equal(await freeze.freeze(), 0);
  assert.deepEqual(stand.calls(), ['freeze']);
  assert.equal(await freeze.thaw(), 0);
  assert.equal(await freeze.release(), 0);
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
});

test('the hook runs at every thaw, also without a freeze', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  using freeze = await hooked(guest, stand);
  assert.equal(await freeze.thaw(), 0);
  assert.equal(await freeze.thaw(), 0);
  assert.deepEqual(stand.calls(), ['thaw', 'thaw']);
});

test('the hook runs once for two concurrent thaws', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  using freeze = await hooked(guest, stand);
  await freeze.freeze();
  await Promise.all([freeze.thaw(), freeze.thaw(), freeze.release()]);
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
});

/** A FIFO that a hook reads: it continues after a write. */
function gate(stand: StandIns): { readonly wait: string; open(): void } {
  const path = stand.folder.file('gate');
  execFileSync('mkfifo', [path]);
  return { wait: `read -r line < ${path}`, open: () => writeFileSync(path, 'go\n') };
}

for (const ask of ['thaw', 'release'] as const) {
  test(`${ask} during the hook waits for it, prevents the freeze and runs it with thaw once`, async () => {
    using guest = fakeGuestRoot('/');
    using stand = standIns();
    const door = gate(stand);
    using freeze = await hooked(guest, stand, `${AT_FREEZE} ${door.wait}; fi`);
    const freezing = freeze.freeze();
    await until(() => stand.calls().length > 0);
    assert.equal(freeze.status, 'thawed');
    const thawing = freeze[ask]();
    door.open();
    await fails(freezing, 'a thaw was requested before the freeze was complete');
    assert.equal(await thawing, 0);
    assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
    assert.equal(guest.events.includes('freeze /'), false);
  });
}

test('freeze is rejected while the hook runs with thaw', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  const door = gate(stand);
  using freeze = await hooked(guest, stand, `${AT_THAW} ${door.wait}; fi`);
  await freeze.freeze();
  const thawing = freeze.thaw();
  await until(() => stand.calls().length > 1);
  await fails(freeze.freeze(), 'a freeze or a thaw is in progress, or the agent is stopping');
  door.open();
  assert.equal(await thawing, 1);
  assert.equal(await freeze.freeze(), 1);
});

test('end releases what the agent holds, and runs the hook once', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  using freeze = await hooked(guest, stand);
  assert.equal(await freeze.release(), 0);
  assert.deepEqual(stand.calls(), []);
  await freeze.freeze();
  assert.equal(await freeze.release(), 1);
  assert.equal(await freeze.release(), 0);
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
  guest.mount();
  await freeze.freeze();
  assert.equal(await freeze.release(), 0);
  assert.deepEqual(stand.calls(), ['freeze', 'thaw', 'freeze', 'thaw']);
});

/** Runs with a clock that a test moves. */
async function withClock(run: (advance: (ms: number) => void) => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    await run((ms) => mock.timers.tick(ms));
  } finally {
    mock.timers.reset();
  }
}

for (const { what, mounts, thawed } of [
  { what: 'filesystems', mounts: ['/', '/home'], thawed: 2 },
  { what: 'what the hook alone holds', mounts: [], thawed: 0 },
]) {
  test(`the watchdog thaws ${what}, and runs the hook once`, () =>
    withClock(async (advance) => {
      using guest = fakeGuestRoot(...mounts);
      using stand = standIns();
      using freeze = await hooked(guest, stand, '', { freezeTimeout: 30 });
      await freeze.freeze();
      advance(30_000);
      const last = `warning: no thaw came within 30 seconds; ${thawed} filesystems have been thawed`;
      await until(() => guest.log.lines.at(-1) === last);
      advance(60_000);
      assert.equal(await freeze.release(), 0);
      assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
    }));
}

test('the watchdog does nothing after a thaw in time', () =>
  withClock(async (advance) => {
    using guest = fakeGuestRoot();
    using stand = standIns();
    using freeze = await hooked(guest, stand, '', { freezeTimeout: 30 });
    await freeze.freeze();
    await freeze.thaw();
    const said = guest.log.lines.length;
    advance(60_000);
    assert.equal(await freeze.release(), 0);
    assert.equal(guest.log.lines.length, said);
    assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
  }));

test('the watchdog logs a failed hook, and does not run it again', () =>
  withClock(async (advance) => {
    using guest = fakeGuestRoot('/');
    using stand = standIns();
    using freeze = await hooked(guest, stand, `${AT_THAW} exit 5; fi`, { freezeTimeout: 30 });
    await freeze.freeze();
    advance(30_000);
    const last =
      'warning: no thaw came within 30 seconds; all filesystems have been thawed, but ' +
      'child process has failed to execute fsfreeze hook: exit status 5';
    await until(() => guest.log.lines.at(-1) === last);
    advance(60_000);
    assert.equal(await freeze.release(), 0);
    assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
  }));

test('a hung hook is killed at freeze, nothing is frozen, and it runs with thaw', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  const body = `${AT_FREEZE} /bin/sleep 1000 & wait; fi`;
  using freeze = await hooked(guest, stand, body, { helperTimeout: 0.3 });
  await fails(freeze.freeze(), 'child process has failed to execute fsfreeze hook: it did not end in time');
  assert.deepEqual([freeze.status, guest.frozen.size], ['thawed', 0]);
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
  assert.deepEqual(zombies(), []);
});

test('a hung hook is killed after a thaw, and everything is thawed', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  const body = `${AT_THAW} exec /bin/sleep 1000; fi`;
  using freeze = await hooked(guest, stand, body, { helperTimeout: 0.3 });
  await freeze.freeze();
  await fails(freeze.thaw(), 'child process has failed to execute fsfreeze hook: it did not end in time');
  assert.deepEqual([freeze.status, guest.frozen.size], ['thawed', 0]);
});

test('a hook with much output does not block, and a failed one reports the beginning', async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  const flood = '/usr/bin/head -c 8000000 /dev/zero | /usr/bin/tr "\\0" x';
  using freeze = await hooked(guest, stand, `${flood}; ${AT_THAW} exit 1; fi`);
  assert.equal(await freeze.freeze(), 1);
  const kept = 'x'.repeat(64 * 1024);
  await fails(freeze.thaw(), `child process has failed to execute fsfreeze hook: ${kept}`);
});

test("the hook's background processes may keep its output open", async () => {
  using guest = fakeGuestRoot('/');
  using stand = standIns();
  const door = gate(stand);
  using freeze = await hooked(guest, stand, `${AT_FREEZE} (${door.wait}; echo released >> $CALLS) & fi`);
  assert.equal(await freeze.freeze(), 1);
  assert.equal(await freeze.thaw(), 1);
  assert.deepEqual(stand.calls(), ['freeze', 'thaw']);
  door.open();
  await until(() => stand.calls().length === 3);
  assert.deepEqual(stand.calls(), ['freeze', 'thaw', 'released']);
});

test('FreezeController logs nothing about a hook without one', async () => {
  using guest = fakeGuestRoot('/');
  using freeze = await guest.start();
  await freeze.freeze();
  await freeze.thaw();
  assert.deepEqual(
    guest.log.lines.filter((line) => line.includes('hook')),
    [],
  );
});
