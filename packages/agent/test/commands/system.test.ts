import assert from 'node:assert/strict';
import fs, { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostname, machine, release, version } from 'node:os';
import { test } from 'node:test';
import { systemError } from '@guestwire/posix';
import { systemModule, type WallClock } from '../../src/commands/system.js';
import { utmpLayout } from '../../src/guest/system/utmp.js';
import { context } from '../support/command-context.js';
import { collectingLogger } from '../support/logger.js';
import { type StandIns, standIns } from '../support/stand-ins.js';
import { utmpRecord } from '../support/utmp-record.js';

const EPERM = 1;
const EINVAL = 22;

/** The commands of a fake guest root; times that are set are recorded with the calls of programs. */
function commandsOf(stand: StandIns, env: Readonly<Record<string, string>> = {}) {
  const log = collectingLogger();
  const calls: string[] = [];
  const clock: WallClock = {
    now: () => 1_700_000_000_123_456n,
    set(seconds, microseconds) {
      assert.deepEqual(stand.calls(), [], 'the hardware clock comes after the clock');
      if (microseconds < 0n) throw systemError(EINVAL, 'settimeofday');
      if (seconds === 13n) throw systemError(EPERM, 'settimeofday');
      calls.push(`${seconds} s ${microseconds} µs`);
    },
  };
  const options = { log, root: stand.root, env: { TZ: 'UTC', ...stand.env, ...env }, helperTimeout: 60 };
  const { handlers } = systemModule(options, clock);
  return {
    log,
    time: () => handlers['guest-get-time'](undefined, context),
    setTime: async (time?: number | bigint) =>
      handlers['guest-set-time'](time === undefined ? {} : { time }, context),
    hostName: () => handlers['guest-get-host-name'](undefined, context),
    users: () => handlers['guest-get-users'](undefined, context),
    zone: () => handlers['guest-get-timezone'](undefined, context),
    osInfo: () => handlers['guest-get-osinfo'](undefined, context),
    load: async () => handlers['guest-get-load'](undefined, context),
    calls: () => [...calls, ...stand.calls()],
  };
}

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'CommandError', message });
}

/** A guest whose hardware clock writes down how it is called. */
function guestWithHardwareClock(): StandIns {
  const stand = standIns();
  stand.script('sbin/hwclock', 'echo "hwclock $*" >> $CALLS');
  return stand;
}

test('guest-get-time returns nanoseconds, exact to the microsecond', () => {
  using stand = standIns();
  assert.equal(commandsOf(stand).time(), 1_700_000_000_123_456_000n);
});

test('guest-get-time returns the time of the kernel', () => {
  using stand = standIns();
  const { handlers } = systemModule({ ...stand, log: collectingLogger(), helperTimeout: 60 });
  const before = Date.now();
  const time = handlers['guest-get-time'](undefined, context);
  const after = Date.now();
  assert.equal(typeof time, 'bigint');
  const milliseconds = Number(BigInt(time as bigint) / 1_000_000n);
  assert.ok(before <= milliseconds && milliseconds <= after, `${before} ${milliseconds} ${after}`);
  assert.equal(BigInt(time as bigint) % 1000n, 0n);
});

test('guest-set-time sets the clock, then the hardware clock from it', async () => {
  using stand = guestWithHardwareClock();
  const guest = commandsOf(stand);
  await guest.setTime(1_700_000_000_123_456_789n);
  assert.deepEqual(guest.calls(), ['1700000000 s 123456 µs', 'hwclock -w']);
});

test('guest-set-time without a time sets the clock from the hardware clock', async () => {
  using stand = guestWithHardwareClock();
  const guest = commandsOf(stand);
  await guest.setTime();
  assert.deepEqual(guest.calls(), ['hwclock -s']);
});

test('guest-set-time accepts the years 1970 to 2069 in the guest’s time zone', async () => {
  const first = 0n;
  const last = BigInt(Date.UTC(2070, 0)) * 1_000_000n;
  for (const [tz, time, allowed] of [
    ['UTC', first, true],
    ['UTC', first - 1n, true], // Division truncates: it is still 1970.
    ['UTC', first - 1_000_000_000n, false],
    ['EST5', first, false],
    ['EST5', first + 5n * 3_600_000_000_000n, true],
    ['UTC', last - 1n, true],
    ['UTC', last, false],
    ['EST5', last, true],
    ['CET-1', last - 1n, false],
    ['UTC', -(2n ** 63n), false],
    ['UTC', 2n ** 63n - 1n, false],
  ] as const) {
    using stand = guestWithHardwareClock();
    const guest = commandsOf(stand, { TZ: tz });
    if (allowed) await guest.setTime(time);
    else await fails(guest.setTime(time), 'Invalid time');
    assert.equal(guest.calls().length, allowed ? 2 : 0, `${tz} ${time}`);
  }
});

test('guest-set-time leaves the hardware clock unchanged if the clock cannot be set', async () => {
  using stand = guestWithHardwareClock();
  const guest = commandsOf(stand);
  await fails(guest.setTime(13_000_000_000), 'Failed to set time to guest: Operation not permitted');
  await fails(guest.setTime(-5000), 'Failed to set time to guest: Invalid argument');
  assert.deepEqual(guest.calls(), []);
});

test('guest-set-time fails if the hardware clock cannot be set, and keeps the clock', async () => {
  using stand = standIns();
  stand.script('sbin/hwclock', 'echo no clock here >&2; exit 1');
  const guest = commandsOf(stand);
  await fails(
    guest.setTime(1_000_000_000),
    'child process has failed to set hardware clock to system time: no clock here\n',
  );
  assert.deepEqual(guest.calls(), ['1 s 0 µs']);
  using bare = standIns();
  await fails(
    commandsOf(bare).setTime(),
    "child process has failed to set hardware clock to system time: failed to exec '/sbin/hwclock': No such file or directory\n",
  );
});

test('guest-get-host-name returns the name of the kernel', () => {
  using stand = standIns();
  assert.deepEqual(commandsOf(stand).hostName(), { 'host-name': hostname() });
});

test('guest-get-users returns the users of utmp, and nobody without the file', () => {
  using stand = standIns();
  assert.deepEqual(commandsOf(stand).users(), []);
  stand.file(
    'var/run/utmp',
    Buffer.concat([utmpRecord({ user: 'alice', seconds: 5, microseconds: 250_000 })]),
  );
  assert.deepEqual(commandsOf(stand).users(), [{ user: 'alice', 'login-time': 5.25 }]);
});

test('guest-get-users returns the users of a utmp file above 64 MiB', () => {
  using stand = standIns();
  stand.file('var/run/utmp', Buffer.alloc(0));
  const path = stand.folder.file('var/run/utmp');
  const { size } = utmpLayout();
  // A sparse file; the records lie before and behind the limit, and across two pieces.
  const fd = openSync(path, 'r+');
  writeSync(fd, utmpRecord({ user: 'alice', seconds: 5 }), 0, size, 0);
  const far = Math.ceil((65 << 20) / size) * size;
  writeSync(fd, utmpRecord({ user: 'bob', seconds: 6 }), 0, size, far);
  writeSync(fd, utmpRecord({ user: 'alice', seconds: 4 }), 0, size, far + size);
  closeSync(fd);
  assert.deepEqual(commandsOf(stand).users(), [
    { user: 'alice', 'login-time': 4 },
    { user: 'bob', 'login-time': 6 },
  ]);
});

test('guest-get-users refuses a utmp file above 256 MiB', () => {
  using stand = standIns();
  stand.file('var/run/utmp', Buffer.alloc(0));
  truncateSync(stand.folder.file('var/run/utmp'), (256 << 20) + 1);
  assert.throws(() => commandsOf(stand).users(), {
    message: 'cannot list the users: /var/run/utmp is larger than 268435456 bytes',
  });
});

test('guest-get-users returns the sessions of persons from logind in a guest without utmp', () => {
  using stand = standIns();
  const session = (id: string, user: string, usec: number, more = 'CLASS=user\nSTATE=online') =>
    stand.file(
      `run/systemd/sessions/${id}`,
      `# This is private data. Do not parse.\nUID=1000\nUSER=${user}\nACTIVE=1\n${more}\nREALTIME=${usec}\n`,
    );
  session('9', 'alice', 1_700_000_002_000_000);
  session('c1', 'bob', 1_700_000_000_250_000, 'STATE=active\nCLASS=user-early\nSEAT=seat0\nTTY=tty1');
  session('3', 'alice', 1_700_000_001_500_000, 'CLASS=user\nREMOTE=1\nREMOTE_HOST=203.0.113.9\nSTATE=active');
  session('4', 'carol', 1, 'CLASS=user\nSTATE=closing');
  for (const kind of [
    'greeter',
    'manager',
    'manager-early',
    'background',
    'lock-screen',
    'user-incomplete',
  ]) {
    session(kind, `the-${kind}`, 1, `CLASS=${kind}\nSTATE=active`);
  }
  session('5', '', 1);
  session('6.ref', 'fifo', 1);
  session('.#7abc', 'incomplete', 1);
  stand.file('run/systemd/sessions/8', 'CLASS=user\nUSER=nobody\nREALTIME=now\n');
  assert.deepEqual(commandsOf(stand).users(), [
    { user: 'bob', 'login-time': 1_700_000_000.25 },
    { user: 'alice', 'login-time': 1_700_000_001.5 },
  ]);
  // utmp decides where it exists.
  stand.file('var/run/utmp', '');
  assert.deepEqual(commandsOf(stand).users(), []);
});

test('guest-get-timezone returns the current offset', () => {
  using stand = standIns();
  assert.deepEqual(commandsOf(stand, { TZ: '<+0545>-5:45' }).zone(), { zone: '+0545', offset: 20_700 });
  assert.deepEqual(commandsOf(stand, { TZ: 'EST5' }).zone(), { zone: 'EST', offset: -18_000 });
});

const KERNEL = { 'kernel-release': release(), 'kernel-version': version(), machine: machine() };

test('guest-get-osinfo returns the values of kernel and os-release', () => {
  using stand = standIns();
  stand.file(
    'etc/os-release',
    [
      'PRETTY_NAME="Fedora Linux 40 (Server Edition)"',
      'NAME="Fedora Linux"',
      'VERSION="40 (Server Edition)"',
      'ID=fedora',
      'VERSION_ID=40',
      'VARIANT="Server Edition"',
      'VARIANT_ID=server',
      'ANSI_COLOR="0;38;2;60;110;180"',
      '',
    ].join('\n'),
  );
  assert.deepEqual(commandsOf(stand).osInfo(), {
    ...KERNEL,
    id: 'fedora',
    name: 'Fedora Linux',
    'pretty-name': 'Fedora Linux 40 (Server Edition)',
    version: '40 (Server Edition)',
    'version-id': '40',
    variant: 'Server Edition',
    'variant-id': 'server',
  });
});

test('guest-get-osinfo returns only the kernel without os-release, and logs the reason', () => {
  using stand = standIns();
  const { osInfo, log } = commandsOf(stand);
  assert.deepEqual(osInfo(), KERNEL);
  const missing = (path: string) =>
    `syslog: failed to read '${path}', error: Failed to open file “${path}”: No such file or directory`;
  assert.deepEqual(log.lines, [
    missing(`${stand.root}/etc/os-release`),
    missing(`${stand.root}/usr/lib/os-release`),
  ]);
});

test('guest-get-osinfo reads the second os-release if the first is invalid', () => {
  using stand = standIns();
  stand.file('etc/os-release', 'ID=wrong\nnot a pair\n');
  stand.file('usr/lib/os-release', 'ID=right\n');
  const { osInfo, log } = commandsOf(stand);
  assert.deepEqual(osInfo(), { ...KERNEL, id: 'right' });
  assert.deepEqual(log.lines, [
    `syslog: failed to parse file '${stand.root}/etc/os-release', error: ` +
      'Key file contains line “not a pair” which is not a key-value pair, group, or comment',
  ]);
});

test('guest-get-osinfo reads os-release again whenever it has changed', () => {
  using stand = standIns();
  const { osInfo } = commandsOf(stand);
  for (const id of ['one', 'two', 'ten']) {
    // Of the same length, and within the resolution of the times of files.
    stand.file('etc/os-release', `ID=${id}\n`);
    assert.deepEqual(osInfo(), { ...KERNEL, id });
    assert.deepEqual(osInfo(), { ...KERNEL, id });
  }
});

test('guest-get-osinfo does not read os-release again if it has not changed', (t) => {
  using stand = standIns();
  stand.file('etc/os-release', 'ID=old\n');
  const { osInfo } = commandsOf(stand);
  // Long after the change.
  t.mock.method(Date, 'now', () => statSync(`${stand.root}/etc/os-release`).ctimeMs + 60_000);
  assert.deepEqual(osInfo(), { ...KERNEL, id: 'old' });
  const read = t.mock.method(fs, 'readSync');
  syncBuiltinESMExports();
  try {
    assert.deepEqual(osInfo(), { ...KERNEL, id: 'old' });
    assert.equal(read.mock.callCount(), 0);
    stand.file('etc/os-release', 'ID=newer\n');
    assert.deepEqual(osInfo(), { ...KERNEL, id: 'newer' });
    assert.notEqual(read.mock.callCount(), 0);
  } finally {
    read.mock.restore();
    syncBuiltinESMExports();
  }
});

test('guest-get-osinfo reads only the os-release of QGA_OS_RELEASE', () => {
  using stand = standIns();
  stand.file('etc/os-release', 'ID=wrong\n');
  const named = stand.folder.file('mine');
  assert.deepEqual(commandsOf(stand, { QGA_OS_RELEASE: named }).osInfo(), KERNEL);
  stand.file('mine', 'ID=mine\n');
  assert.deepEqual(commandsOf(stand, { QGA_OS_RELEASE: named }).osInfo(), { ...KERNEL, id: 'mine' });
  stand.file('mine', Buffer.from('ID=\xff\n', 'latin1'));
  const { osInfo, log } = commandsOf(stand, { QGA_OS_RELEASE: named });
  assert.deepEqual(osInfo(), KERNEL);
  assert.deepEqual(log.lines, [`syslog: file is not utf-8 encoded: ${named}`]);
  assert.deepEqual(commandsOf(stand, { QGA_OS_RELEASE: stand.root }).osInfo(), KERNEL);
});

test('guest-get-load returns the values of /proc/loadavg', async () => {
  using stand = standIns();
  stand.file('proc/loadavg', '0.52 1.58 12.00 3/412 4711\n');
  assert.deepEqual(await commandsOf(stand).load(), { load1m: 0.52, load5m: 1.58, load15m: 12 });
});

test('guest-get-load fails if the load cannot be read', async () => {
  using stand = standIns();
  await fails(commandsOf(stand).load(), 'cannot query load average: No such file or directory');
});
