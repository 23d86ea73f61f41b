import assert from 'node:assert/strict';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { CommandError } from '@guestwire/protocol';
import { freezeModule } from '../../src/commands/freeze.js';
import { FreezeController } from '../../src/freeze/controller.js';
import { OperationError, RefusedError } from '../../src/operation-error.js';
import { context } from '../support/command-context.js';
import { type FakeOutcome, fakeGuestRoot } from '../support/fake-guest-root.js';
import { later } from '../support/later.js';
import { until } from '../support/until.js';

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'OperationError', message });
}

test('FreezeController freezes from the last mount to the first, and thaws from the first to the last', async () => {
  using guest = fakeGuestRoot('/', '/home', '/home/data');
  using freeze = await guest.start();
  assert.equal(await freeze.freeze(), 3);
  assert.deepEqual([freeze.status, freeze.frozen, guest.flag], ['frozen', true, true]);
  assert.equal(statSync(guest.folder.file('qga.state.isfrozen')).mode & 0o7777, 0o600);
  assert.equal(statSync(guest.folder.file('qga.state.isfrozen')).size, 0);
  assert.equal(await freeze.thaw(), 3);
  assert.deepEqual([freeze.status, freeze.frozen, guest.flag], ['thawed', false, false]);
  assert.deepEqual(guest.events, [
    'prepare',
    'freeze /home/data',
    'freeze /home',
    'freeze /',
    'thaw /',
    'thaw /home',
    'thaw /home/data',
  ]);
});

test('freeze with mount points freezes those that are mounts, in the order of the mounts', async () => {
  using guest = fakeGuestRoot('/', '/home', '/home/data', '/caf\u00e9');
  using freeze = await guest.start();
  const wanted = ['/caf\u00e9', '/home/data', '/nowhere', '/', '/home/', 'home', '', '/', '/home/data'];
  assert.equal(await freeze.freeze(wanted), 3);
  assert.deepEqual(guest.events.slice(1), ['freeze /caf\u00e9', 'freeze /home/data', 'freeze /']);
  assert.equal(freeze.status, 'frozen');
  assert.equal(await freeze.thaw(), 3);
});

test('freeze freezes nothing for an empty list and for unknown mount points', async () => {
  using guest = fakeGuestRoot('/', '/home');
  using freeze = await guest.start();
  for (const none of [[], ['/nowhere'], ['/home\0'], ['/hom']]) {
    assert.equal(await freeze.freeze(none), 0);
    assert.deepEqual([freeze.status, guest.flag, guest.frozen.size], ['thawed', false, 0]);
  }
});

test('freeze compares mount points byte for byte', async () => {
  using guest = fakeGuestRoot('/\\303\\251', '/\\351');
  using freeze = await guest.start();
  assert.equal(await freeze.freeze(['/\u00e9']), 1);
  assert.deepEqual(guest.events.slice(1), ['freeze /\u00e9']);
});

test('freeze thaws the other mount points of the list if one fails', async () => {
  using guest = fakeGuestRoot('/', '/bad', '/other', '/good');
  guest.outcomes.set('/bad', new OperationError('failed to freeze /bad: Input/output error'));
  using freeze = await guest.start();
  await fails(freeze.freeze(['/bad', '/good']), 'failed to freeze /bad: Input/output error');
  assert.deepEqual(guest.events.slice(1, 3), ['freeze /good', 'freeze /bad']);
  assert.deepEqual([freeze.status, guest.frozen.size], ['thawed', 0]);
});

test('freeze does not count filesystems that cannot be frozen or are already frozen', async () => {
  using guest = fakeGuestRoot('/', '/vfat', '/frozen');
  guest.outcomes.set('/vfat', false).set('/frozen', false);
  using freeze = await guest.start();
  assert.equal(await freeze.freeze(), 1);
  assert.equal(freeze.status, 'frozen');
});

test('freeze stays thawed if nothing was frozen', async () => {
  using guest = fakeGuestRoot('/vfat');
  guest.outcomes.set('/vfat', false);
  using freeze = await guest.start();
  assert.equal(await freeze.freeze(), 0);
  assert.deepEqual([freeze.status, guest.flag], ['thawed', false]);
  guest.mount();
  assert.equal(await freeze.freeze(), 0);
});

test('freeze thaws all filesystems and reports the error if one fails', async () => {
  using guest = fakeGuestRoot('/', '/bad', '/good');
  guest.outcomes.set('/bad', new OperationError('failed to freeze /bad: Input/output error'));
  using freeze = await guest.start();
  await fails(freeze.freeze(), 'failed to freeze /bad: Input/output error');
  assert.deepEqual([freeze.status, guest.flag, guest.frozen.size], ['thawed', false, 0]);
  assert.deepEqual(guest.events.slice(1), [
    'freeze /good',
    'freeze /bad',
    'thaw /good',
    'thaw /',
    'thaw /bad',
  ]);
  guest.outcomes.clear();
  assert.equal(await freeze.freeze(), 3);
});

test('freeze stays thawed without a mount list', async () => {
  using guest = fakeGuestRoot('/');
  guest.unreadable();
  using freeze = await guest.start();
  await fails(freeze.freeze(), "failed to open mtab file: '/proc/self/mounts'");
  assert.deepEqual([freeze.status, guest.flag, guest.events], ['thawed', false, ['prepare']]);
});

test('thaw stays frozen while the kernel does not confirm a filesystem, names it, and can be repeated', async () => {
  using guest = fakeGuestRoot('/', '/bad', '/good');
  using freeze = await guest.start();
  await freeze.freeze();
  guest.thawFailures.set('/bad', new OperationError('failed to thaw /bad: Input/output error'));
  await fails(freeze.thaw(), 'failed to thaw /bad: Input/output error');
  assert.deepEqual([freeze.status, freeze.state, guest.flag], ['frozen', 'thawing', true]);
  assert.deepEqual([...guest.frozen], ['/bad']);
  guest.log.error('lost');
  assert.ok(!guest.log.lines.includes('error: lost'), 'the log may be on the frozen filesystem');
  guest.thawFailures.clear();
  assert.equal(await freeze.thaw(), 3);
  assert.deepEqual([freeze.status, guest.flag, guest.frozen.size], ['thawed', false, 0]);
});

test('thaw works without a mount list once filesystems are frozen', async () => {
  using guest = fakeGuestRoot('/');
  using freeze = await guest.start();
  await freeze.freeze();
  guest.unreadable();
  assert.equal(await freeze.thaw(), 1);
  await fails(freeze.thaw(), "failed to open mtab file: '/proc/self/mounts'");
});

test('thaw thaws filesystems of other programs at any time', async () => {
  using guest = fakeGuestRoot('/', '/other');
  guest.frozen.add('/other');
  using freeze = await guest.start();
  assert.equal(await freeze.thaw(), 1);
  assert.equal(await freeze.thaw(), 0);
  assert.equal(freeze.status, 'thawed');
});

test('FreezeController suspends the log from before the first freeze until after the last thaw', async () => {
  using guest = fakeGuestRoot('/', '/home');
  using freeze = await guest.start();
  await freeze.freeze();
  guest.log.error('lost');
  await freeze.thaw();
  assert.deepEqual(guest.log.lines, [
    'syslog: guest-fsfreeze called',
    'warning: disabling logging due to filesystem freeze',
    'warning: logging re-enabled due to filesystem unfreeze',
    'syslog: guest-fsthaw called',
  ]);
});

test('onChange reports a freeze before it happens, and a thaw after it', async () => {
  using guest = fakeGuestRoot('/');
  using freeze = await guest.start();
  freeze.onChange = (frozen) => void guest.events.push(`told ${frozen}`);
  await freeze.freeze();
  await freeze.thaw();
  await freeze.thaw();
  freeze.onChange = undefined;
  await freeze.freeze();
  assert.deepEqual(guest.events.slice(0, 5), ['prepare', 'told true', 'freeze /', 'thaw /', 'told false']);
  assert.equal(guest.events.filter((event) => event.startsWith('told')).length, 2);
});

test('start is frozen after an agent that was killed while frozen', async () => {
  using guest = fakeGuestRoot('/');
  writeFileSync(guest.folder.file('qga.state.isfrozen'), '');
  guest.frozen.add('/');
  using freeze = await guest.start();
  assert.equal(freeze.status, 'frozen');
  assert.equal(guest.log.lines.length, 1);
  assert.match(guest.log.lines[0] ?? '', /^critical: /);
  assert.equal(await freeze.thaw(), 1);
  assert.deepEqual([freeze.status, guest.flag], ['thawed', false]);
});

test('start is frozen if the flag file cannot be checked', async () => {
  using guest = fakeGuestRoot('/');
  const file = guest.folder.file('file');
  writeFileSync(file, '');
  using freeze = await FreezeController.start({
    log: guest.log,
    root: guest.folder.path,
    env: {},
    statedir: file,
    freezeTimeout: 0,
    helperTimeout: 60,
  });
  assert.equal(freeze.status, 'frozen');
  assert.deepEqual(guest.log.lines, [
    `critical: unable to access state file at path ${file}/qga.state.isfrozen: Not a directory`,
  ]);
});

test('freeze and thaw work if the flag file cannot be written or removed', async () => {
  using guest = fakeGuestRoot('/');
  using freeze = await guest.start();
  const path = guest.folder.file('qga.state.isfrozen');
  await freeze.freeze();
  rmSync(path);
  assert.equal(await freeze.thaw(), 1);
  assert.equal(freeze.status, 'thawed');
  assert.ok(
    guest.log.lines.includes(`warning: unable to delete ${path}, fsfreeze may not function properly`),
  );
});

test('freeze rejects a second freeze, which the command reports as disabled', async () => {
  using guest = fakeGuestRoot('/');
  using freeze = await guest.start();
  const first = freeze.freeze();
  const text = 'a freeze or a thaw is in progress, or the agent is stopping';
  await fails(freeze.freeze(), text);
  const { handlers } = freezeModule(freeze);
  const refused = handlers['guest-fsfreeze-freeze-list']({ mountpoints: [] }, context);
  const desc = 'Command guest-fsfreeze-freeze has been disabled: the command is not allowed';
  await assert.rejects(
    async () => refused,
    (error) => {
      assert.ok(error instanceof CommandError && error.cause instanceof RefusedError);
      assert.deepEqual([error.class, error.desc], ['CommandNotFound', desc]);
      return true;
    },
  );
  assert.equal(await first, 1);
  await fails(freeze.freeze(), text);
  assert.equal(guest.frozen.size, 1);
});

test('thaw during a freeze thaws immediately, even if the next filesystem hangs', async () => {
  using guest = fakeGuestRoot('/', '/hung', '/fast');
  const hung = later<FakeOutcome>();
  guest.outcomes.set('/hung', hung.promise);
  using freeze = await guest.start();
  const freezing = freeze.freeze();
  await until(() => guest.events.includes('freeze /hung'));
  assert.equal(freeze.state, 'freezing');
  const thawing = freeze.thaw();
  await until(() => guest.frozen.size === 0);
  assert.deepEqual([freeze.state, freeze.status], ['thawing', 'frozen']);
  hung.settle(true);
  await fails(freezing, 'a thaw was requested before the freeze was complete');
  assert.equal(await thawing, 2);
  assert.deepEqual([freeze.status, guest.flag, guest.frozen.size], ['thawed', false, 0]);
  assert.ok(!guest.events.includes('freeze /'));
});

test('thaw before the first filesystem is frozen prevents the freeze', async () => {
  using guest = fakeGuestRoot('/');
  using freeze = await guest.start();
  const freezing = freeze.freeze();
  const thawing = freeze.thaw();
  await assert.rejects(freezing, { name: 'OperationError' });
  assert.equal(await thawing, 0);
  assert.deepEqual([freeze.status, guest.frozen.size], ['thawed', 0]);
});

test('thaw during a thaw has the same result', async () => {
  using guest = fakeGuestRoot('/');
  using freeze = await guest.start();
  await freeze.freeze();
  assert.deepEqual(await Promise.all([freeze.thaw(), freeze.thaw()]), [1, 1]);
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

test('the watchdog thaws after the freeze timeout, and logs it afterwards', () =>
  withClock(async (advance) => {
    using guest = fakeGuestRoot('/', '/home');
    using freeze = await guest.start({ freezeTimeout: 30 });
    await freeze.freeze();
    advance(29_999);
    assert.equal(freeze.state, 'frozen');
    advance(1);
    await until(() => !freeze.frozen);
    assert.deepEqual([guest.frozen.size, guest.flag], [0, false]);
    await setImmediate();
    assert.equal(
      guest.log.lines.at(-1),
      'warning: no thaw came within 30 seconds; 2 filesystems have been thawed',
    );
    await assert.rejects(freeze.thaw(), {
      message:
        /^filesystems were thawed at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ by the agent: no guest-fsfreeze-thaw within 30 seconds; the snapshot may be inconsistent$/,
    });
    assert.equal(await freeze.thaw(), 0);
  }));

test('the watchdog expires once for each freeze, and not after a thaw', () =>
  withClock(async (advance) => {
    using guest = fakeGuestRoot('/');
    using freeze = await guest.start({ freezeTimeout: 30 });
    await freeze.freeze();
    advance(20_000);
    await freeze.thaw();
    await freeze.freeze();
    advance(20_000);
    await setImmediate();
    assert.equal(freeze.state, 'frozen');
    advance(10_000);
    await until(() => !freeze.frozen);
  }));

test('the watchdog repeats a failed thaw every ten seconds', () =>
  withClock(async (advance) => {
    using guest = fakeGuestRoot('/');
    using freeze = await guest.start({ freezeTimeout: 30 });
    await freeze.freeze();
    guest.thawFailures.set('/', new OperationError('failed to thaw /: Input/output error'));
    const attempts = () => guest.events.filter((event) => event === 'thaw /').length;
    advance(30_000);
    for (const count of [1, 2, 3]) {
      await until(() => attempts() === count);
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      assert.equal(freeze.state, 'thawing');
      advance(10_000);
    }
    await until(() => attempts() === 4);
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    guest.thawFailures.clear();
    advance(10_000);
    await until(() => !freeze.frozen);
    assert.equal(guest.frozen.size, 0);
    await assert.rejects(freeze.thaw(), /by the agent: no guest-fsfreeze-thaw within 30 seconds/);
  }));

test('the watchdog runs for an agent that starts frozen', () =>
  withClock(async (advance) => {
    using guest = fakeGuestRoot('/');
    guest.frozen.add('/');
    writeFileSync(guest.folder.file('qga.state.isfrozen'), '');
    using freeze = await guest.start({ freezeTimeout: 5 });
    advance(5_000);
    await until(() => !freeze.frozen);
    assert.equal(guest.frozen.size, 0);
  }));

test('the watchdog never expires without a timeout', () =>
  withClock(async (advance) => {
    using guest = fakeGuestRoot('/');
    using freeze = await guest.start({ freezeTimeout: 0 });
    await freeze.freeze();
    advance(2 ** 31 - 2);
    await setImmediate();
    assert.equal(freeze.state, 'frozen');
  }));

test('the watchdog limits its timeout to the maximum of a timer', () =>
  withClock(async (advance) => {
    using guest = fakeGuestRoot('/');
    using freeze = await guest.start({ freezeTimeout: 2 ** 40 });
    await freeze.freeze();
    advance(1000);
    await setImmediate();
    assert.equal(freeze.state, 'frozen');
  }));
