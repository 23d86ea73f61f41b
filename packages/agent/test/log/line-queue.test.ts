import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { LineQueue } from '../../src/log/line-queue.js';
import { later } from '../support/later.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';
import { until } from '../support/until.js';

const report = (lost: number): string => `${lost} lost\n`;

/** More than the kernel keeps of a pipe. */
const PIPE_BYTES = 65_536;

describe('LineQueue', () => {
  let folder: TemporaryFolder;
  let pipe: string;

  beforeEach(() => {
    folder = temporaryFolder();
    pipe = folder.file('pipe');
    execFileSync('mkfifo', [pipe]);
  });

  afterEach(() => folder[Symbol.dispose]());

  /** Returns the descriptor of a pipe, which blocks or not once it is full, and a function that reads what is in it. */
  const fullPipe = (flags = 0) => {
    // So that opening it to write does not wait.
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(pipe, constants.O_WRONLY | flags);
    const chunk = Buffer.alloc(PIPE_BYTES);
    const read = (): string => {
      try {
        return chunk.toString('latin1', 0, readSync(reader, chunk));
      } catch {
        return '';
      }
    };
    return { writer, read, close: () => closeSync(reader) };
  };

  for (const [what, flags] of [
    ['a pipe that blocks', 0],
    ['a pipe that does not block', constants.O_NONBLOCK],
  ] as const) {
    it(`waits for the reader of ${what}, in bounded memory, and reports the loss in its place`, async () => {
      const { writer, read, close } = fullPipe(flags);
      const limit = 3 * PIPE_BYTES;
      const queue = new LineQueue(Promise.resolve(writer), limit);
      const line = `${'x'.repeat(1023)}\n`;
      for (let i = 0; i < 192; i += 1) queue.add(line, report);
      const started = performance.now();
      await queue.flush(100);
      assert.ok(performance.now() - started < 60_000);
      // No memory, and not even for a short one: it would be written before the report.
      for (const lost of [line, line, 'short\n']) queue.add(lost, report);
      let text = '';
      await until(() => {
        text += read();
        return text.endsWith('3 lost\n');
      });
      assert.equal(text, `${line.repeat(192)}3 lost\n`);
      queue.add('later\n', report);
      await queue.close(60_000);
      assert.equal(read(), 'later\n');
      close();
    });
  }

  it('counts the lines that a full disk has lost', async () => {
    const full = openSync('/dev/full', 'w');
    const queue = new LineQueue(Promise.resolve(full));
    for (let i = 0; i < 3; i += 1) queue.add('x\n', report);
    await queue.flush(60_000);
    queue.add('y\n', report);
    await queue.flush(60_000);
    // `take` returns the report that the next write would begin with.
    assert.deepEqual(queue.take(), ['4 lost\n']);
    await queue.close(60_000);
  });

  it('keeps lines while it is held, and until its descriptor is open', async () => {
    const file = folder.file('log');
    const opened = later<number>();
    const queue = new LineQueue(opened.promise);
    queue.add('one\n', report);
    queue.hold();
    opened.settle(openSync(file, 'a'));
    queue.release();
    await queue.flush(60_000);
    queue.hold();
    queue.add('two\n', report);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(readFileSync(file, 'latin1'), 'one\n');
    await queue.close(60_000);
    assert.equal(readFileSync(file, 'latin1'), 'one\ntwo\n');
  });

  it('gives its lines back if the descriptor cannot be opened', async () => {
    const queue = new LineQueue(Promise.reject(new Error('no')), 4);
    for (const line of ['a\n', 'b\n', 'c\n']) queue.add(line, report);
    await queue.flush(60_000);
    assert.deepEqual(queue.take(), ['a\n', 'b\n', '1 lost\n']);
    await queue.close(60_000);
  });
});
