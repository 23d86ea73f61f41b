import type { Buffer } from 'node:buffer';
import { fstatSync } from 'node:fs';
import type { ReadStream } from 'node:tty';
import type { Input, OutputStream } from '../context.js';
import { UsageError } from '../exit-status.js';

/** Return, or Ctrl-D. */
const LINE_END = /[\r\n\u0004]/;
const CTRL_C = '\u0003';
const CTRL_U = '\u0015';
const DELETE = '\u007f';

/** Puts the terminal into raw mode, without echo, until disposed. Ctrl-C still interrupts. */
function rawKeys(stdin: ReadStream, listener: (keys: string) => void): Disposable {
  const listen = (data: Buffer | string): void => {
    const keys = String(data);
    if (keys.includes(CTRL_C)) process.kill(process.pid, 'SIGINT');
    else listener(keys);
  };
  stdin.setRawMode(true);
  stdin.on('data', listen).resume();
  return {
    [Symbol.dispose]() {
      stdin.off('data', listen).pause();
      stdin.setRawMode(false);
    },
  };
}

/** Reads a stream; a folder as standard input, for example, cannot be read. */
async function* readable(stdin: ReadStream): AsyncIterable<Uint8Array> {
  try {
    yield* stdin;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`cannot read standard input: ${reason}`, { cause });
  }
}

/** Edits a line with keys; true at its end. */
function editLine(line: { text: string }, keys: string): boolean {
  for (const key of keys) {
    if (LINE_END.test(key)) return true;
    if (key === DELETE || key === '\b') line.text = Array.from(line.text).slice(0, -1).join('');
    else if (key === CTRL_U) line.text = '';
    else if (key >= ' ') line.text += key;
  }
  return false;
}

/**
 * Returns the program's standard input.
 *
 * @param open returns the stream; called when it is first needed
 * @param stderr for prompts
 */
export function standardInput(open: () => ReadStream, stderr: OutputStream): Input {
  return {
    get isTTY() {
      return open().isTTY === true;
    },
    get mayStayOpen() {
      return fstatSync(0).isSocket();
    },
    async text() {
      const { text } = await import('node:stream/consumers');
      return await text(readable(open()));
    },
    bytes: () => readable(open()),
    close: () => void open().destroy(),
    async secret(prompt, signal) {
      const stdin = open();
      if (!stdin.isTTY) throw new UsageError('standard input is not a terminal');
      signal.throwIfAborted();
      const line = { text: '' };
      try {
        return await new Promise<string>((resolve, reject) => {
          const keys = rawKeys(stdin, (typed) => {
            if (editLine(line, typed)) end(() => resolve(line.text));
          });
          const abort = (): void => end(() => reject(signal.reason));
          const end = (settle: () => void): void => {
            keys[Symbol.dispose]();
            signal.removeEventListener('abort', abort);
            settle();
          };
          signal.addEventListener('abort', abort);
          // The prompt appears when the echo is off.
          stderr.write(prompt);
        });
      } finally {
        stderr.write('\n');
      }
    },
    keys(listener) {
      const stdin = open();
      return stdin.isTTY ? rawKeys(stdin, listener) : { [Symbol.dispose]() {} };
    },
  };
}
