import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseCopyPaths } from '../../src/copy/copy-paths.js';
import { progressBar, progressLine } from '../../src/copy/progress-bar.js';
import { displayWidth } from '../../src/output/text.js';
import { fakeFiles } from '../support/fake-files.js';
import { fakeOnSocket } from '../support/fake-on-socket.js';
import { guestctl } from '../support/guestctl.js';

describe('parseCopyPaths', () => {
  for (const [words, expected] of [
    [['a', 'guest:/b'], { sources: ['a'], destination: '/b', from: 'host', guest: undefined }],
    [['guest:/a', 'b'], { sources: ['/a'], destination: 'b', from: 'guest', guest: undefined }],
    [[':a', '.'], { sources: ['a'], destination: '.', from: 'guest', guest: undefined }],
    [['a', 'web-1:b'], { sources: ['a'], destination: 'b', from: 'host', guest: 'web-1' }],
    [['./a:b', 'guest:C:\\x'], { sources: ['./a:b'], destination: 'C:\\x', from: 'host', guest: undefined }],
    [['/a:b', 'guest:/'], { sources: ['/a:b'], destination: '/', from: 'host', guest: undefined }],
    [['a', 'b', 'guest:/c'], { sources: ['a', 'b'], destination: '/c/', from: 'host', guest: undefined }],
    [['a', 'b', 'guest:/'], { sources: ['a', 'b'], destination: '/', from: 'host', guest: undefined }],
  ] as const) {
    test(`parses ${words.join(' ')}`, () => assert.deepEqual(parseCopyPaths(words), expected));
  }

  for (const [words, reason] of [
    [['a', 'b'], /neither side is in a guest/],
    [['guest:/a', 'guest:/b'], /both sides are in a guest/],
    [['a', 'guest:/a', 'guest:/b'], /all sources must be on this host, or all in the same guest/],
    [['vm1:/a', 'vm2:/a', 'b'], /all sources must be on this host, or all in the same guest/],
    [['a', 'guest:'], /missing path in the guest/],
    [['a'], /missing source or destination/],
  ] as const) {
    test(`rejects ${words.join(' ')}`, () => {
      assert.throws(() => parseCopyPaths(words), { name: 'UsageError', message: reason });
    });
  }
});

describe('the progress of guestctl cp', () => {
  const half = {
    path: 'a/file',
    fileBytes: 1,
    fileSize: 2,
    bytes: 50 * 2 ** 20,
    totalBytes: 100 * 2 ** 20,
    files: 3,
    totalFiles: 7,
  };

  test('shows what is known', () => {
    assert.equal(
      progressLine(half, 10 * 2 ** 20, 200),
      'a/file                          [==========          ]  50%  50.0 MiB of 100.0 MiB  10.0 MiB/s  5.0 s left  3 of 7 files',
    );
    const little = { ...half, totalBytes: undefined, totalFiles: undefined };
    assert.equal(progressLine(little, undefined, 40), 'a/file                          50.0 MiB');
  });

  test('is not wider than the terminal, and printable', () => {
    for (let width = 1; width < 150; width++) {
      assert.ok(displayWidth(progressLine({ ...half, path: '東\u001b[2J'.repeat(9) }, 1, width)) <= width);
    }
    assert.doesNotMatch(progressLine({ ...half, path: '\u001b[2J' }, 1, 200), /\u001b/);
  });

  test('is shown only on a terminal, and erased at the end', () => {
    const written: string[] = [];
    const write = (text: string | Uint8Array): number => written.push(String(text));
    {
      using bar = progressBar({ write });
      bar.show(half);
    }
    assert.deepEqual(written, []);
    {
      using bar = progressBar({ write, isTTY: true, columns: 80 });
      bar.show(half);
      // Within the refresh interval.
      bar.show(half);
    }
    assert.equal(written.length, 2);
    assert.equal(written[1], '\r\u001b[K');
  });
});

// Without guest-exec, only single files can be copied; test/guestctl covers the rest with real agents.
describe('guestctl cp', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const content = Buffer.from([0, 255, 10, 13, 27]);
  const options = { disabled: ['guest-exec'] };

  test('copies a file to the guest, without progress in a pipe', async () => {
    const files = new Map<string, Buffer>();
    await using guest = await fakeOnSocket(fakeFiles(files), options);
    const path = join(folder, 'a');
    writeFileSync(path, content);
    const { status, out, err } = await guestctl(['cp', path, 'guest:/x', '--to', guest.target]);
    assert.equal(status, 0, err);
    assert.match(out, /^1 file: 5 B in .*; verified\n$/);
    assert.equal(err, '');
    assert.deepEqual(files.get('/x'), content);
  });

  test('copies a file from the guest, with progress on a terminal', async () => {
    await using guest = await fakeOnSocket(fakeFiles(new Map([['/x', content]])), options);
    const path = join(folder, 'b');
    const args = ['cp', '--json', 'guest:/x', path, '--to', guest.target];
    const { status, out } = await guestctl(args);
    assert.equal(status, 0);
    assert.match(out, /^\{"files": 1, .*"bytes": 5, .*"verified": true, "milliseconds": \d+\}\n$/);
    assert.deepEqual(readFileSync(path), content);
    rmSync(path);
    const shown = await guestctl(['cp', 'guest:/x', path, '--to', guest.target], { errorTerminal: true });
    assert.match(shown.err, /^\r\u001b\[K.* B.*\r\u001b\[K$/s);
  });

  test('exits with 2 for a missing local file, and for a directory without -r', async () => {
    await using guest = await fakeOnSocket({}, options);
    for (const [source, reason] of [
      [join(folder, 'none'), /^guestctl: ENOENT: no such file or directory/],
      [folder, /is a folder: copy it with -r\n$/],
    ] as const) {
      const { status, err } = await guestctl(['cp', source, 'guest:/x', '--to', guest.target]);
      assert.equal(status, 2);
      assert.match(err, reason);
    }
  });

  test('rejects several guests', async () => {
    await using guest = await fakeOnSocket();
    const to = ['--to', guest.target];
    const two = await guestctl(['cp', 'a', 'vm1:/x', ...to]);
    assert.equal(two.status, 2);
    assert.match(two.err, /both vm1:PATH and --to name a guest/);
    const several = await guestctl(['cp', 'guest:/x', 'a', ...to, '--to', 'unix:/other']);
    assert.equal(several.status, 2);
    assert.match(several.err, /cannot copy from several guests to the same destination/);
  });
});
