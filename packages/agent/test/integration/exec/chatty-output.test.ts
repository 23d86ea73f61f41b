import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { guestdFolder } from '../../support/guestd.js';
import type { Host } from '../../support/host.js';
import { type StandIns, standIns } from '../../support/stand-ins.js';
import { until } from '../../support/until.js';

const OUTPUT_BYTES = 1_000_000_000;
const LIMIT_KB = 128 * 1024;

/** Print far more than any reader keeps. */
const CHATTY = `/usr/bin/head -c ${OUTPUT_BYTES} /dev/zero`;
const HALF = `/usr/bin/head -c ${OUTPUT_BYTES / 2} /dev/zero`;

/** Returns the largest resident memory that a process has had, in KiB. */
function peakMemory(pid: number | undefined): number {
  const [, peak] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(peak);
}

/** Runs a step with guestd on a root without mounts, whose programs print a gigabyte, and checks the memory it took. */
async function staysSmall(use: (host: Host, stand: StandIns) => Promise<void>) {
  using folder = guestdFolder();
  using stand = standIns();
  stand.file('proc/self/mountinfo', '');
  stand.script('hook', CHATTY);
  stand.script('sbin/hwclock', CHATTY);
  const { child, host } = await folder.serve(['--system-root', stand.root, `-F${stand.folder.file('hook')}`]);
  await use(host, stand);
  const peak = peakMemory(child.pid);
  assert.ok(peak > 0 && peak < LIMIT_KB, `${peak} KiB of resident memory`);
}

test('a freeze hook that prints a gigabyte leaves the memory of guestd below 128 MiB', () =>
  staysSmall(async (host) => {
    assert.equal(await host.ask('{"execute":"guest-fsfreeze-freeze"}'), '{"return": 0}');
  }));

test('a helper program that prints a gigabyte leaves the memory of guestd below 128 MiB', () =>
  staysSmall(async (host) => {
    assert.equal(await host.ask('{"execute":"guest-set-time"}'), '{"return": {}}');
  }));

test('two output streams of half a gigabyte each leave the memory of guestd below 128 MiB', () =>
  staysSmall(async (host, stand) => {
    const done = stand.folder.file('done');
    stand.script('chatty', `${HALF} >&2; ${HALF}; echo > ${done}`);
    const program = { path: stand.folder.file('chatty'), 'capture-output': 'separated' };
    const started = await host.ask(JSON.stringify({ execute: 'guest-exec', arguments: program }));
    await until(() => existsSync(done));
    const status = JSON.stringify({ execute: 'guest-exec-status', arguments: JSON.parse(started).return });
    // The end of the reply is enough: the host's text of it would take long to search.
    let end = '';
    host.socket.on('data', (chunk: Buffer) => {
      end = chunk.subarray(-200).toString('latin1');
    });
    do {
      end = '';
      host.send(status);
      await until(() => end.endsWith('\n'));
    } while (end.includes('"exited": false'));
    assert.match(end, /"err-truncated": true/);
  }));
