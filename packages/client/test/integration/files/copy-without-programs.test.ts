import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type CopyProgress, connect, type Guest, isGuestError, openGuest } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import {
  disconnectAfterReply,
  dropReply,
  type FakeFiles,
  type FakeGuestOptions,
  type FakeHandlers,
  type Fault,
  failWith,
  fakeFiles,
  fakeGuest,
  truncateReply,
  when,
} from '@guestwire/testing';

const top = mkdtempSync(join(tmpdir(), 'guestwire-plain-'));
after(() => rmSync(top, { recursive: true }));
let count = 0;
function fresh(): string {
  return join(top, String(count++));
}

const data = Buffer.alloc(2_000_001, 'guestwire');

async function scene(
  initial: Readonly<Record<string, Uint8Array>> = {},
  handlers: FakeHandlers = {},
  options: FakeGuestOptions = { disabled: ['guest-exec'] },
): Promise<{ guest: Guest; memory: FakeFiles }> {
  const memory = fakeFiles(initial);
  return { guest: await openGuest(fakeGuest({ ...memory.handlers, ...handlers }, options).host), memory };
}

const guests: readonly [title: string, options: FakeGuestOptions, handlers: FakeHandlers][] = [
  ['disables guest-exec', { disabled: ['guest-exec'] }, {}],
  ['has no guest-exec', { version: '2.0' }, {}],
  ['has no shell', {}, { 'guest-exec': failWith('Failed to execute child process “/bin/sh”') }],
];

for (const [title, options, handlers] of guests) {
  describe(`a copy with a guest that ${title}`, () => {
    test('copyTo writes a single file in place', async () => {
      const { guest, memory } = await scene({}, handlers, options);
      const path = fresh();
      writeFileSync(path, data);
      const seen: CopyProgress[] = [];
      const summary = await guest.files.copyTo(path, '/x', { onProgress: (event) => seen.push(event) });
      assert.deepEqual(
        { ...summary, milliseconds: 0 },
        {
          files: 1,
          folders: 0,
          links: 0,
          bytes: data.length,
          unchanged: 0,
          resumed: 0,
          skipped: 0,
          verified: true,
          milliseconds: 0,
        },
      );
      assert.ok(memory.contents.get('/x')?.equals(data));
      assert.deepEqual(
        [seen.at(-1)?.files, seen.at(-1)?.bytes, seen.at(-1)?.totalBytes],
        [1, data.length, data.length],
      );
      assert.equal(memory.openCount(), 0);
    });

    test('copyFrom reads a single file', async () => {
      const { guest } = await scene({ '/dir/x': data }, handlers, options);
      const folder = fresh();
      mkdirSync(folder);
      const { bytes, verified } = await guest.files.copyFrom('/dir/x', folder);
      assert.deepEqual([bytes, verified], [data.length, true]);
      assert.deepEqual(readdirSync(folder), ['x']);
      assert.ok(readFileSync(join(folder, 'x')).equals(data));
      assert.equal(statSync(join(folder, 'x')).mode & 0o777, 0o644);
    });

    test('rejects folders in both directions', async () => {
      const { guest, memory } = await scene({}, handlers, options);
      const path = fresh();
      mkdirSync(path);
      await assert.rejects(guest.files.copyTo(path, '/x', { recursive: true }), (error) =>
        isGuestError(error),
      );
      await assert.rejects(guest.files.copyFrom('/x', fresh(), { recursive: true }), (error) =>
        isGuestError(error),
      );
      assert.equal(memory.contents.size, 0);
    });

    test('copyTo rejects only if preserveMode is set explicitly', async () => {
      const { guest, memory } = await scene({}, handlers, options);
      const path = fresh();
      writeFileSync(path, 'x');
      await assert.rejects(guest.files.copyTo(path, '/x', { preserveMode: true }), (error) =>
        isGuestError(error),
      );
      assert.equal(memory.contents.size, 0);
    });
  });
}

describe('a copy without programs in the guest', () => {
  test('copies into a destination that ends in a slash or is a folder', async () => {
    const { guest, memory } = await scene(
      {},
      {
        'guest-file-open': (args, request) => {
          if (args.path === '/dir')
            return failWith("failed to open file '/dir' (mode: 'w'): Is a directory")();
          return memory.handlers['guest-file-open']?.(args as never, request) as never;
        },
      },
    );
    const path = fresh();
    writeFileSync(path, 'x');
    await guest.files.copyTo(path, '/dir');
    await guest.files.copyTo(path, '/other/');
    const name = path.slice(path.lastIndexOf('/'));
    assert.deepEqual([...memory.contents.keys()], [`/dir${name}`, `/other${name}`]);
  });

  test('rejects a file that reads back differently and leaves no local file', async () => {
    let reads = 0;
    const { guest } = await scene(
      { '/x': data },
      {
        'guest-file-read': () => {
          const last = ++reads % 2 === 0;
          return {
            count: last ? 0 : 1,
            'buf-b64': Base64Data.fromBytes(last ? Buffer.alloc(0) : Buffer.of(reads)),
            eof: last,
          };
        },
      },
    );
    const [local, to] = [fresh(), fresh()];
    writeFileSync(local, 'y');
    await assert.rejects(guest.files.copyTo(local, '/y'), (error) => isGuestError(error, 'protocol'));
    await assert.rejects(guest.files.copyFrom('/x', to), (error) => isGuestError(error, 'protocol'));
    await guest.files.copyFrom('/x', to, { verify: false });
  });
});

describe('a copy whose connection ends', () => {
  const faults: readonly [title: string, fault: Fault][] = [
    ['after a request', dropReply()],
    ['in the middle of a reply', truncateReply(100)],
  ];
  for (const [title, fault] of faults) {
    test(`${title} continues over a new connection from the same position`, async () => {
      const memory = fakeFiles({ '/from': data });
      await using fake = fakeGuest(memory.handlers, {
        disabled: ['guest-exec'],
        faults: [
          when({ command: 'guest-file-write', nth: [2, 5] }, fault, disconnectAfterReply()),
          when({ command: 'guest-file-read', nth: [3, 12] }, fault, disconnectAfterReply()),
        ],
      });
      const { target } = await fake.listen(join(top, `${count++}.sock`));
      await using guest = await connect(target, { reconnect: { delay: 0 } });
      const [local, to] = [fresh(), fresh()];
      writeFileSync(local, data);
      await guest.files.copyTo(local, '/to', { chunkSize: 200_000 });
      assert.ok(memory.contents.get('/to')?.equals(data));
      await guest.files.copyFrom('/from', to, { chunkSize: 200_000 });
      assert.ok(readFileSync(to).equals(data));
      assert.ok(fake.commands.filter((name) => name === 'guest-file-seek').length >= 4);
    });
  }

  test('rejects if reconnect is not set', async () => {
    const { guest, memory } = await scene(
      {},
      {},
      {
        disabled: ['guest-exec'],
        faults: [when({ command: 'guest-file-write', nth: 2 }, disconnectAfterReply())],
      },
    );
    const local = fresh();
    writeFileSync(local, data);
    await assert.rejects(guest.files.copyTo(local, '/to', { chunkSize: 200_000 }), (error) =>
      isGuestError(error, 'closed'),
    );
    assert.ok((memory.contents.get('/to')?.length ?? 0) < data.length);
  });
});
