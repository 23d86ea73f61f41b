import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { isGuestError } from '@guestwire/client';
import { sendQueue } from '../src/transport/send-queue.js';

const KIB = 1024;
function closed(error: unknown): boolean {
  return isGuestError(error, 'closed');
}

/** A stream that completes each write when `take` is called. */
function slow(): { stream: Writable; take(error?: Error): void } {
  let taken: ((error?: Error) => void) | undefined;
  const stream = new Writable({
    write: (_bytes, _encoding, done) => {
      taken = done;
    },
  });
  stream.on('error', () => {});
  return { stream, take: (error) => taken?.(error) };
}

describe('sendQueue', () => {
  test('resolves below the high-water mark, or once the queue drains', async () => {
    const { stream, take } = slow();
    const send = sendQueue('target', stream);
    await send(Buffer.alloc(100 * KIB));
    let welcome = 0;
    const later = [1, 2].map(() =>
      send(Buffer.alloc(100 * KIB)).then(() => {
        welcome++;
      }),
    );
    await new Promise(setImmediate);
    assert.equal(welcome, 0);
    take();
    await new Promise(setImmediate);
    assert.equal(welcome, 0);
    take();
    await Promise.all(later);
  });

  test('rejects pending writes when the stream is destroyed', async () => {
    const { stream, take } = slow();
    const send = sendQueue('target', stream);
    const sent = [300, 10, 300].map((length) => send(Buffer.alloc(length * KIB)));
    const settled = Promise.allSettled(sent);
    stream.destroy();
    // Like a socket.
    take();
    for (const result of await settled) assert.ok(result.status === 'rejected' && closed(result.reason));
    await assert.rejects(send(Buffer.alloc(1)), closed);
  });

  test('rejects waiting writes after a failed one', async () => {
    const { stream, take } = slow();
    const send = sendQueue('target', stream);
    const settled = Promise.allSettled([300, 10].map((length) => send(Buffer.alloc(length * KIB))));
    take(new Error('EPIPE'));
    for (const result of await settled) assert.ok(result.status === 'rejected' && closed(result.reason));
  });
});
