import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Transport, unixTransport } from '@guestwire/client';

const folder = mkdtempSync(join(tmpdir(), 'guestwire-incoming-'));
after(() => rmSync(folder, { recursive: true }));
let sockets = 0;

/** A transport to a server that the test controls. */
async function connected(use: (transport: Transport, far: Socket) => Promise<void>): Promise<void> {
  const path = join(folder, `${sockets++}.sock`);
  const server = createServer().listen(path);
  await once(server, 'listening');
  try {
    const accepted = once(server, 'connection');
    await using transport = await unixTransport(path);
    const [far] = (await accepted) as [Socket];
    far.on('error', () => {});
    await use(transport, far);
    far.destroy();
  } finally {
    server.close();
  }
}

function pattern(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff;
  return bytes;
}

describe('ReceiveQueue', () => {
  for (const pace of ['at once', 'slowly'] as const) {
    test(`yields all bytes in order to a consumer that reads ${pace}`, async () => {
      await connected(async (transport, far) => {
        const sent = pattern(5_000_000);
        far.end(sent);
        let at = 0;
        for await (const bytes of transport) {
          // The other buffer fills meanwhile; this one must not change.
          for (let i = 0; pace === 'slowly' && i < 3; i++) await nextTurn();
          assert.ok(sent.subarray(at, at + bytes.length).equals(bytes), `at ${at}`);
          at += bytes.length;
        }
        assert.equal(at, sent.length);
      });
    });
  }

  test('pauses the socket while nothing is consumed', async () => {
    await connected(async (transport, far) => {
      const bytes = transport[Symbol.asyncIterator]();
      const first = bytes.next();
      far.write(pattern(1000));
      await first;
      // More than the socket and both buffers hold.
      far.write(Buffer.alloc(20_000_000));
      for (let i = 0; i < 50; i++) await nextTurn();
      assert.ok(far.writableLength > 15_000_000);
    });
  });

  test('yields pending bytes, then ends, when the peer closes', async () => {
    await connected(async (transport, far) => {
      far.end('last words');
      const heard: string[] = [];
      for await (const bytes of transport) heard.push(Buffer.from(bytes).toString());
      assert.deepEqual(heard, ['last words']);
    });
  });

  test('ends when the transport is disposed', async () => {
    await connected(async (transport) => {
      const all = (async () => {
        for await (const _ of transport) assert.fail();
      })();
      await transport[Symbol.asyncDispose]();
      await all;
    });
  });
});
