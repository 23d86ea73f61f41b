import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { cpuModule } from '../../src/commands/cpu.js';
import { context } from '../support/command-context.js';
import { collectingLogger } from '../support/logger.js';
import { type StandIns, standIns } from '../support/stand-ins.js';
import { unprivileged } from '../support/unprivileged.js';

const FOLDER = 'sys/devices/system/cpu';

/** A guest as Linux 6.12 shows it: four processors of which the first cannot be switched off and the last is off. */
function fourProcessors(): StandIns {
  const guest = standIns();
  for (const name of [
    'possible',
    'present',
    'kernel_max',
    'online',
    'offline',
    'cpufreq/boost',
    'cpuidle/a',
  ]) {
    guest.file(`${FOLDER}/${name}`, '0-3\n');
  }
  for (const id of [0, 1, 2, 3]) guest.file(`${FOLDER}/cpu${id}/topology/core_id`, `${id}\n`);
  for (const [id, state] of ['', '1\n', '1\n', '0\n'].entries()) {
    if (state !== '') guest.file(`${FOLDER}/cpu${id}/online`, state);
  }
  return guest;
}

function commandsOf(guest: StandIns, log = collectingLogger()) {
  const { handlers } = cpuModule({ log, root: guest.root });
  return {
    get: async () => {
      const processors = await handlers['guest-get-vcpus'](undefined, context);
      return processors
        .toSorted((a, b) => Number(a['logical-id']) - Number(b['logical-id']))
        .map(({ 'logical-id': id, online, 'can-offline': can }) => [id, online, can]);
    },
    set: async (...wanted: [id: number | bigint, online: boolean][]) =>
      handlers['guest-set-vcpus'](
        { vcpus: wanted.map(([id, online]) => ({ 'logical-id': id, online })) },
        context,
      ),
    stats: async () => handlers['guest-get-cpustats'](undefined, context),
  };
}

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'CommandError', message });
}

function online(guest: StandIns, id: number) {
  return readFileSync(guest.folder.file(`${FOLDER}/cpu${id}/online`), 'latin1');
}

test('guest-get-vcpus lists each processor once, with its state and whether it can be switched off', async () => {
  using guest = fourProcessors();
  assert.deepEqual(await commandsOf(guest).get(), [
    [0, true, false],
    [1, true, true],
    [2, true, true],
    [3, false, true],
  ]);
});

test('guest-get-vcpus returns a number that a double would round exactly', async () => {
  using guest = standIns();
  guest.file(`${FOLDER}/cpu9007199254740993/online`, '1');
  assert.deepEqual(await commandsOf(guest).get(), [[9007199254740993n, true, true]]);
});

test('guest-get-vcpus fails without the folder of processors', async () => {
  using guest = standIns();
  const { get } = commandsOf(guest);
  await fails(get(), 'failed to list entries: /sys/devices/system/cpu: No such file or directory');
  guest.file(FOLDER, '');
  await fails(get(), 'failed to list entries: /sys/devices/system/cpu: Not a directory');
});

test('guest-get-vcpus reports the failed system call of a processor whose state cannot be read', async () => {
  using guest = fourProcessors();
  const { get } = commandsOf(guest);
  const file = '/sys/devices/system/cpu/cpu2//online';
  const path = guest.folder.file(`${FOLDER}/cpu2/online`);
  guest.file(`${FOLDER}/cpu2/online`, '');
  await fails(get(), `pread("${file}"): unexpected EOF`);
  rmSync(path);
  mkdirSync(path);
  await fails(get(), `pread("${file}"): Is a directory`);
  rmSync(path, { recursive: true });
  symlinkSync('online', path);
  await fails(get(), `open("${file}"): Too many levels of symbolic links`);
  rmSync(guest.folder.file(`${FOLDER}/cpu2`), { recursive: true });
  guest.file(`${FOLDER}/cpu2`, '');
  await fails(get(), 'open("/sys/devices/system/cpu/cpu2/"): Not a directory');
});

test('guest-set-vcpus switches processors in the order of the request, and counts them', async () => {
  using guest = fourProcessors();
  const { get, set } = commandsOf(guest);
  assert.equal(await set([1, false], [3, true], [1, true], [2, false]), 4);
  assert.deepEqual(await get(), [
    [0, true, false],
    [1, true, true],
    [2, false, true],
    [3, true, true],
  ]);
  assert.deepEqual(
    [1, 2, 3].map((id) => online(guest, id)),
    ['1\n', '0\n', '1\n'],
  );
  assert.equal(await set(), 0);
});

test('guest-set-vcpus does not write to a processor in the requested state', async () => {
  using guest = fourProcessors();
  // A byte that the kernel would not write shows that nobody has written.
  guest.file(`${FOLDER}/cpu1/online`, 'x');
  assert.equal(await commandsOf(guest).set([0, true], [1, true], [3, false]), 3);
  assert.deepEqual([online(guest, 1), online(guest, 3)], ['x', '0\n']);
});

for (const { what, id, to, message } of [
  { what: 'cannot be switched off', id: 0, to: false, message: "logical processor #0 can't be offlined" },
  {
    what: 'is not there',
    id: 9999,
    to: true,
    message: 'open("/sys/devices/system/cpu/cpu9999/"): No such file or directory',
  },
  {
    what: 'has a negative number',
    id: -1,
    to: true,
    message: 'open("/sys/devices/system/cpu/cpu-1/"): No such file or directory',
  },
  {
    what: 'has a number of 64 bits',
    id: 9223372036854775807n,
    to: true,
    message: 'open("/sys/devices/system/cpu/cpu9223372036854775807/"): No such file or directory',
  },
]) {
  test(`guest-set-vcpus fails for a first processor that ${what}, and ends the list at a later one`, async () => {
    using guest = fourProcessors();
    const log = collectingLogger();
    const { set } = commandsOf(guest, log);
    await fails(set([id, to], [1, false]), message);
    assert.equal(online(guest, 1), '1\n');
    assert.equal(await set([1, false], [id, to], [2, false]), 1);
    assert.deepEqual([online(guest, 1), online(guest, 2)], ['0\n', '1\n']);
    assert.deepEqual(log.lines, [`warning: after 1 processors: ${message}`]);
  });
}

test('guest-set-vcpus fails if the kernel refuses', async () => {
  using guest = fourProcessors();
  const { set } = commandsOf(guest);
  const path = guest.folder.file(`${FOLDER}/cpu1/online`);
  const file = '/sys/devices/system/cpu/cpu1//online';
  rmSync(path);
  // It takes nothing; what is read from it is no `0`.
  symlinkSync('/dev/full', path);
  await fails(set([1, false]), `pwrite("${file}"): No space left on device`);
  guest.file(`${FOLDER}/cpu2/online`, '');
  await fails(set([2, false]), 'pread("/sys/devices/system/cpu/cpu2//online"): unexpected EOF');
});

test('guest-set-vcpus fails without the permission to write, even without a change', async () => {
  using guest = fourProcessors();
  chmodSync(guest.root, 0o755);
  chmodSync(guest.folder.file(`${FOLDER}/cpu1/online`), 0o444);
  await unprivileged(() =>
    fails(
      commandsOf(guest).set([1, true]),
      'open("/sys/devices/system/cpu/cpu1//online"): Permission denied',
    ),
  );
});

const STAT = [
  'cpu  306 4 100 2000 30 0 5 7 0 0',
  'cpu0 153 2 50 1000 15 0 2 3 0 0',
  'cpu1 153 2 50 1000 15 0 3 4 8 9',
  'intr 12345 0 0',
  'ctxt 1',
  '',
].join('\n');

test('guest-get-cpustats returns the times of each processor in milliseconds, without the sum', async () => {
  using guest = standIns();
  guest.file('proc/stat', STAT);
  const first = { type: 'linux', cpu: 0, user: 1530, nice: 20, system: 500, idle: 10000 };
  const later = { iowait: 150, irq: 0, softirq: 20, steal: 30, guest: 0, guestnice: 0 };
  assert.deepEqual(await commandsOf(guest).stats(), [
    { ...first, ...later },
    { ...first, cpu: 1, ...later, softirq: 30, steal: 40, guest: 80, guestnice: 90 },
  ]);
});

test('guest-get-cpustats omits counters that the kernel does not have', async () => {
  using guest = standIns();
  const told = async (line: string) => {
    guest.file('proc/stat', `cpu 1 1 1 1\n${line}\n`);
    const [stats] = await commandsOf(guest).stats();
    return Object.keys(stats ?? {})
      .slice(2)
      .join(' ');
  };
  assert.equal(await told('cpu0 1 2 3 4'), 'user nice system idle');
  assert.equal(await told('cpu0 1 2 3 4 5'), 'user nice system idle iowait');
  // qemu-ga reports both or neither.
  assert.equal(await told('cpu0 1 2 3 4 5 6'), 'user nice system idle iowait irq softirq');
  assert.equal(await told('cpu0 1 2 3 4 5 6 7'), 'user nice system idle iowait irq softirq');
  assert.equal(await told('cpu0 1 2 3 4 5 6 7 8'), 'user nice system idle iowait irq softirq steal');
  assert.equal(await told('cpu0 1 2 3 4 5 6 7 8 9'), 'user nice system idle iowait irq softirq steal guest');
  const all = 'user nice system idle iowait irq softirq steal guest guestnice';
  assert.equal(await told('cpu0 1 2 3 4 5 6 7 8 9 10'), all);
  assert.equal(await told('cpu0 1 2 3 4 5 6 7 8 9 10 11'), all);
});

test('guest-get-cpustats returns times that a double would round exactly', async () => {
  using guest = standIns();
  guest.file('proc/stat', 'cpu12 900719925474099 900719925474100 0 1000000000000000001\n');
  const [stats] = await commandsOf(guest).stats();
  assert.deepEqual(
    [stats?.cpu, stats?.user, stats?.nice, stats?.idle],
    [12, 9007199254740990, 9007199254741000n, 10000000000000000010n],
  );
});

test('guest-get-cpustats ends the list at a line with too few counters, and logs it', async () => {
  using guest = standIns();
  guest.file('proc/stat', 'cpu 1 1 1 1\ncpu0 1 2 3 4\ncpu1 1 2 3\ncpu2 1 2 3 4\n');
  const log = collectingLogger();
  assert.deepEqual(
    (await commandsOf(guest, log).stats()).map(({ cpu }) => cpu),
    [0],
  );
  assert.deepEqual(log.lines, ['syslog: Parsing cpu stat from /proc/stat failed, see "man proc"']);
});

test('guest-get-cpustats fails without the file', async () => {
  using guest = standIns();
  await fails(commandsOf(guest).stats(), 'open("/proc/stat"): No such file or directory');
});
