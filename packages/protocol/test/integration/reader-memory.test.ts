import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import { MessageReader } from '../../src/wire/index.js';
import { text } from '../support/conversation.js';

describe('MessageReader holds no more than was sent', () => {
  v8.setFlagsFromString('--expose-gc');
  const gc: () => void = vm.runInNewContext('gc');
  /** Twice, since memory of buffers that the first finds unused is given back by the second. */
  const collectGarbage = (): void => {
    gc();
    gc();
  };
  const miB = 2 ** 20;

  function held(feed: (reader: MessageReader) => void): number {
    const reader = new MessageReader();
    collectGarbage();
    const before = process.memoryUsage();
    feed(reader);
    collectGarbage();
    const after = process.memoryUsage();
    assert.equal(reader.next(), undefined);
    return after.arrayBuffers - before.arrayBuffers + after.heapUsed - before.heapUsed;
  }

  test('when a string arrives in single bytes, each of which would keep a chunk alive', () => {
    const size = held((reader) => {
      reader.push(text('"'));
      for (let i = 0; i < 2000; i++) {
        reader.push(Buffer.alloc(65536, 'x').subarray(0, 1));
        reader.next();
      }
    });
    assert(size < 32 * miB, `${size} bytes are held`);
  });

  test('when a string arrives in single bytes, each in separate memory', () => {
    const size = held((reader) => {
      reader.push(text('"'));
      for (let i = 0; i < 200_000; i++) {
        reader.push(Buffer.allocUnsafeSlow(1).fill('x'));
        reader.next();
      }
    });
    assert(size < 10 * miB, `${size} bytes are held`);
  });

  test('when strings arrive in chunks of mostly white space', () => {
    const size = held((reader) => {
      reader.push(text('[""'));
      for (let i = 0; i < 500; i++) {
        const chunk = Buffer.alloc(65536, ' ');
        chunk.write(`,"${'x'.repeat(17_000)}"`);
        reader.push(chunk);
        reader.next();
      }
    });
    assert(size < 20 * miB, `${size} bytes are held`);
  });

  test('when a message exceeds its limit', () => {
    const size = held((reader) => {
      reader.push(text('['));
      for (let i = 0; i < 5; i++) {
        reader.push(Buffer.concat([text('"'), Buffer.alloc(12 * miB, 'x'), text('",')]));
        assert.equal(reader.next(), undefined);
      }
      reader.push(Buffer.concat([text('"'), Buffer.alloc(8 * miB, 'x')]));
      assert.equal(reader.next(), undefined);
    });
    assert(size < 30 * miB, `${size} bytes are held`);
  });

  test('after a syntax error in a message', () => {
    const size = held((reader) => {
      reader.push(text('[1 2'));
      for (let i = 0; i < 400; i++) {
        reader.push(text(`,"${'x'.repeat(65536)}"`));
        assert.equal(reader.next(), undefined);
      }
    });
    assert(size < 10 * miB, `${size} bytes are held`);
  });
});
