import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Base64Data } from '@guestwire/protocol';
import { disconnectAfterReply, dropReply, type FakeHandlers, failWith, when } from '@guestwire/testing';
import { displayWidth } from '../../src/output/text.js';
import { activityBetween } from '../../src/top/rates.js';
import type { Sample } from '../../src/top/sample.js';
import { parseMeminfo } from '../../src/top/sample.js';
import { renderScreen } from '../../src/top/screen.js';
import { fakeOnSocket } from '../support/fake-on-socket.js';
import { guestctl } from '../support/guestctl.js';

const MEMINFO =
  'MemTotal:        1048576 kB\nMemFree: 1 kB\nMemAvailable:     262144 kB\nSwapTotal:  1024 kB\nSwapFree:  512 kB\n';

/** Counters of a guest, `n` steps after the first. */
function cpu(n: number) {
  return {
    type: 'linux' as const,
    cpu: 0,
    user: 100 + 250 * n,
    nice: 0,
    system: 100 + 250 * n,
    idle: 1000 + 500 * n,
  };
}
function disk(n: number) {
  return {
    name: 'vda',
    major: 254,
    minor: 0,
    stats: {
      'read-sectors': 10 + 4 * n,
      'write-sectors': 0,
      'read-ios': 1 + n,
      'write-ios': 0,
      'total-ticks': 500 * n,
    },
  };
}
const unused = { name: 'loop0', major: 7, minor: 0, stats: { 'read-ios': 0, 'write-ios': 0 } };
const zeros = {
  'rx-packets': 0,
  'rx-errs': 0,
  'rx-dropped': 0,
  'tx-packets': 0,
  'tx-errs': 0,
  'tx-dropped': 0,
};
function card(n: number) {
  return { name: 'eth0', statistics: { ...zeros, 'rx-bytes': 2048 * n, 'tx-bytes': 7 } };
}

/** A guest whose counters grow from sample to sample. */
function busyGuest(): FakeHandlers {
  return {
    'guest-get-load': () => ({ load1m: 0.5, load5m: 1, load15m: 1.5 }),
    'guest-get-cpustats': (_, { nth }) => [cpu(nth)],
    'guest-get-diskstats': (_, { nth }) => [disk(nth), unused],
    'guest-network-get-interfaces': (_, { nth }) => [card(nth), { name: 'eth1' }],
    'guest-file-open': () => 1000,
    'guest-file-read': () => ({
      count: MEMINFO.length,
      'buf-b64': Base64Data.fromBytes(Buffer.from(MEMINFO)),
      eof: true,
    }),
    'guest-file-close': () => undefined,
  };
}

function at<T>(milliseconds: number, value: T) {
  return { at: milliseconds, value };
}
function sample(milliseconds: number, n: number): Sample {
  return {
    load: at(milliseconds, { load1m: 0.5, load5m: 1, load15m: 1.5 }),
    cpus: at(milliseconds, [cpu(n)]),
    disks: at(milliseconds, [disk(n), unused]),
    net: at(milliseconds, [card(n), { name: 'eth1' }]),
    memory: at(milliseconds, parseMeminfo(MEMINFO)),
  };
}

describe('activityBetween', () => {
  test('returns the increase of counters per second', () => {
    const { cpu, cpus, disks, net } = activityBetween(sample(0, 0), sample(2000, 1));
    assert.deepEqual(cpu, { user: 0.25, system: 0.25, iowait: 0, steal: 0, busy: 0.5 });
    assert.deepEqual(cpus, [{ id: 0, user: 0.25, system: 0.25, iowait: 0, steal: 0, busy: 0.5 }]);
    assert.deepEqual(disks, [
      { name: 'vda', readBytes: 1024, writeBytes: 0, reads: 0.5, writes: 0, busy: 0.25 },
    ]);
    assert.deepEqual(net, [
      { name: 'eth0', receivedBytes: 1024, sentBytes: 0, receivedPackets: 0, sentPackets: 0 },
    ]);
  });

  test('returns 0 after a reset of a counter, and without a first sample', () => {
    assert.equal(activityBetween(sample(0, 5), sample(2000, 1)).disks?.[0]?.readBytes, 0);
    assert.equal(activityBetween(undefined, sample(0, 1)).net?.[0]?.receivedBytes, 0);
    assert.equal(activityBetween(undefined, sample(0, 1)).cpu?.busy, 0);
  });

  test('is exact for 64-bit counters', () => {
    const big = (n: bigint): Sample => ({
      ...sample(Number(n) * 1000, 0),
      net: at(Number(n) * 1000, [
        { name: 'eth0', statistics: { ...zeros, 'rx-bytes': 2n ** 63n + n, 'tx-bytes': 0 } },
      ]),
    });
    assert.equal(activityBetween(big(0n), big(1n)).net?.[0]?.receivedBytes, 1);
  });
});

describe('parseMeminfo', () => {
  test('reads /proc/meminfo', () => {
    assert.deepEqual(parseMeminfo(MEMINFO), {
      total: 2 ** 30,
      available: 2 ** 28,
      swapTotal: 2 ** 20,
      swapFree: 2 ** 19,
    });
  });

  test('estimates the available memory of an old kernel', () => {
    assert.equal(parseMeminfo('MemTotal: 10 kB\nMemFree: 3 kB\nCached: 2 kB\n').available, 5 * 1024);
  });

  for (const text of ['', 'MemTotal: 0 kB\n', 'MemTotal: 1 kB\nMemAvailable: 2 kB\n', 'MemTotal: x kB\n']) {
    test(`rejects ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseMeminfo(text), { code: 'protocol' }));
  }
});

describe('renderScreen', () => {
  const activity = activityBetween(sample(0, 0), sample(2000, 1));
  const heading = {
    name: 'vm1',
    time: 'now',
    missing: new Map([['load', 'no\u001b[2J']]),
    problem: undefined,
  };

  test('renders all sections', () => {
    assert.deepEqual(renderScreen(activity, heading, 100), [
      'vm1  load 0.50 1.00 1.50  now',
      '',
      'CPU   [||||||||||          ]  50%  user 25%  system 25%  waiting  0%  stolen  0%',
      'Mem   [|||||||||||||||     ]  75%  768.0 MiB of 1.0 GiB',
      'Swap  [||||||||||          ]  50%  512.0 KiB of 1.0 MiB',
      '',
      'DISK       READ  WRITTEN  READS  WRITES  BUSY',
      'vda   1.0 KiB/s    0 B/s      1       0   25%',
      '',
      'INTERFACE   RECEIVED   SENT  PACKETS IN  PACKETS OUT',
      'eth0       1.0 KiB/s  0 B/s           0            0',
      '',
      'no load: no\\u001b[2J',
    ]);
  });

  test('is not wider than the terminal', () => {
    const many = Array.from({ length: 9 }, (_, id) => ({
      id,
      user: 1,
      system: 0,
      iowait: 0,
      steal: 0,
      busy: 1,
    }));
    for (let width = 1; width < 120; width++) {
      for (const line of renderScreen({ ...activity, cpus: many }, heading, width)) {
        assert.ok(displayWidth(line) <= width, line);
      }
    }
  });
});

describe('guestctl top without a terminal', () => {
  test('prints --count screens, one by default', async () => {
    await using guest = await fakeOnSocket(busyGuest());
    const args = ['top', '--interval', '1ms', '--to', guest.target];
    const one = await guestctl(args);
    assert.equal(one.status, 0);
    assert.equal(one.out.match(/^CPU /gm)?.length, 1);
    assert.match(one.out, /^CPU .* 50% /m);
    const three = await guestctl([...args, '--count', '3']);
    assert.equal(three.out.match(/^CPU /gm)?.length, 3);
    assert.doesNotMatch(three.out, /\u001b/);
  });

  test('prints a line of JSON for each with --json', async () => {
    await using guest = await fakeOnSocket(busyGuest());
    const args = ['top', '--json', '--count', '2', '--interval', '1ms', '--to', guest.target];
    const { out } = await guestctl(args, { now: () => 0 });
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    assert.equal(lines.length, 2);
    const text = JSON.stringify(lines[0]);
    assert.ok(
      text.startsWith(`{"target":"${guest.target}","time":"1970-01-01T00:00:00.000Z","load":[0.5,1,1.5],`),
      text,
    );
    assert.match(text, /"cpu":\{"user":0.25,"system":0.25,"iowait":0,"steal":0,"busy":0.5\}/);
  });

  test('omits what the agent does not have, and calls it once', async () => {
    const { 'guest-get-load': _, ...others } = busyGuest();
    await using guest = await fakeOnSocket(
      { ...others, 'guest-get-diskstats': failWith('no') },
      { version: '9.0', disabled: ['guest-file-open'] },
    );
    const { status, out } = await guestctl([
      'top',
      '--count',
      '2',
      '--interval',
      '1ms',
      '--to',
      guest.target,
    ]);
    assert.equal(status, 0);
    assert.match(out, /^no load: guest-get-load: .*10\.0/m);
    assert.match(out, /^no memory: /m);
    assert.match(out, /^no disks: guest-get-diskstats: no$/m);
    assert.match(out, /^eth0 /m);
    const asked = guest.fake.commands.filter((name) => name === 'guest-get-diskstats');
    assert.equal(asked.length, 1);
  });

  test('rejects several guests', async () => {
    const { status, err } = await guestctl(['top', '--to', 'unix:/a', '--to', 'unix:/b']);
    assert.equal(status, 2);
    assert.equal(err, 'guestctl: top takes one guest, not several: unix:/a, unix:/b\n');
  });
});

describe('guestctl top on a terminal', () => {
  const enter = '\u001b[?1049h\u001b[?25l';
  const leave = '\u001b[?25h\u001b[?1049l';

  test('uses the alternate screen until q is pressed', async () => {
    await using guest = await fakeOnSocket(busyGuest());
    let screens = 0;
    const { status, out } = await guestctl(['top', '--interval', '1ms', '--to', guest.target], {
      terminal: 100,
      person(printed, press) {
        if (printed.includes('\u001b[H') && ++screens === 2) press('q');
      },
    });
    assert.equal(status, 0);
    assert.ok(out.startsWith(`${enter}\u001b[H`), out);
    assert.ok(out.endsWith(leave), out);
    assert.equal(screens, 2);
  });

  test('reconnects after the connection was lost', async () => {
    await using guest = await fakeOnSocket(busyGuest(), {
      faults: [when({ command: 'guest-get-load', nth: 2 }, dropReply(), disconnectAfterReply())],
    });
    let problem = false;
    const { status } = await guestctl(['top', '--interval', '1ms', '--to', guest.target], {
      terminal: 100,
      person(printed, press) {
        if (printed.includes('no reply, retrying: ')) problem = true;
        else if (problem && printed.includes('CPU')) press('q');
      },
    });
    assert.equal(status, 0);
    assert.equal(problem, true);
  });

  test('does not switch the screen when there is no guest', async () => {
    const { status, out } = await guestctl(['top', '--to', 'unix:/proc/nonexistent'], { terminal: 100 });
    assert.equal(status, 3);
    assert.equal(out, '');
  });

  for (const [how, keys, expected] of [
    ['q', 'q', 0],
    ['Ctrl-C', '\u0003', 130],
  ] as const) {
    test(`restores a real terminal after ${how}`, async () => {
      await using guest = await fakeOnSocket(busyGuest());
      const program = fileURLToPath(new URL('../../../bin/guestctl.js', import.meta.url));
      // script(1) creates a terminal from its standard input.
      const command = `'${process.execPath}' '${program}' top --to '${guest.target}'`;
      const child = spawn('script', ['-qec', command, '/dev/null']);
      let out = '';
      const ended = once(child, 'exit');
      for await (const chunk of child.stdout) {
        out += String(chunk);
        if (out.includes('CPU') && child.stdin.writable) child.stdin.end(keys);
      }
      const [status] = await ended;
      assert.equal(status, expected, out);
      assert.ok(out.includes(enter), out);
      assert.ok(out.trimEnd().includes(leave), out);
    });
  }
});
