import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect, isGuestError } from '@guestwire/client';
import { Base64Data } from '@guestwire/protocol';
import { fakeGuest } from '@guestwire/testing';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-client-'));
after(() => rmSync(folder, { recursive: true }));

describe('a unix target', () => {
  test('carries small and large messages', async () => {
    const path = join(folder, 'talk.sock');
    const much = Buffer.alloc(5_000_000, 'guestwire');
    await using fake = fakeGuest({
      'guest-file-read': () => ({ count: much.length, 'buf-b64': Base64Data.fromBytes(much), eof: true }),
    });
    const { target } = await fake.listen(path);
    await using guest = await connect(target);
    const read = await guest.call('guest-file-read', { handle: 1, count: much.length });
    assert.ok(read['buf-b64'].decode().equals(much));
    const written = await guest.call('guest-file-write', {
      handle: 1,
      'buf-b64': Base64Data.fromBytes(much),
    });
    assert.equal(written.count, much.length);
  });

  test('rejects a missing socket with advice', async () => {
    const path = join(folder, 'none.sock');
    await assert.rejects(connect(`unix:${path}`), (error) => {
      assert.ok(isGuestError(error, 'closed'));
      assert.match(error.message, /^cannot open unix:.*none\.sock: no such socket;/);
      return true;
    });
  });

  test('rejects a file that is not a socket', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    await assert.rejects(
      connect(`unix:${path}`),
      (error) => isGuestError(error, 'closed') && /file/.test(error.message),
    );
  });

  test('rejects a path that is too long', async () => {
    const path = join(folder, 'x'.repeat(107 - folder.length - 1));
    const server = createServer().listen(path);
    await once(server, 'listening');
    try {
      await assert.rejects(
        connect(`unix:${path}y`),
        (error) => isGuestError(error, 'closed') && /longer than 107 bytes/.test(error.message),
      );
    } finally {
      server.close();
    }
  });

  test('times out without an agent', async () => {
    const path = join(folder, 'mute.sock');
    const server = createServer((socket) => socket.resume()).listen(path);
    await once(server, 'listening');
    try {
      await assert.rejects(
        connect(`unix:${path}`, { timeout: 50 }),
        (error) => isGuestError(error, 'timeout') && error.message === `unix:${path}: timed out after 0.05 s`,
      );
      const caller = new AbortController();
      const opening = connect(`unix:${path}`, { signal: caller.signal });
      caller.abort();
      await assert.rejects(opening, (error) => isGuestError(error, 'aborted'));
    } finally {
      server.close();
    }
  });
});
