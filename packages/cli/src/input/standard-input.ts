import type { Buffer } from 'node:buffer';
import { fstatSync } from 'node:fs';
import type { ReadStream } from 'node:tty';
import type { Input, Output } from '../context.js';
import { UsageError } from '../exit-status.js';

/** Ends the reading of a line: the key Return, or the end of the input (Ctrl-D). */
const ENDING = /[\r\n\u0004]/;
/** Ctrl-C, which is a key like any other while keys do not show. */
const INTERRUPT = '\u0003';

/** Lets keys through as they are pressed, and does not show them. */
function raw(stdin: ReadStream, pressed: (keys: string) => void): Disposable {
  const listen = (keys: Buffer | string): void => pressed(String(keys));
  stdin.setRawMode(true);
  stdin.on('data', listen).resume();
  return {
    [Symbol.dispose]() {
      stdin.off('data', listen).pause();
      stdin.setRawMode(false);
    },
  };
}

/** Takes a line apart as it is typed; true once it is complete. */
function typing(line: { text: string }, keys: string): boolean {
  for (const key of keys) {
    if (ENDING.test(key)) return true;
    if (key === '\u007f' || key === '\b') line.text = Array.from(line.text).slice(0, -1).join('');
    else if (key === '\u0015') line.text = '';
    else if (key >= ' ') line.text += key;
  }
  return false;
}

/**
 * The program's standard input.
 *
 * @param open gives the stream, which is made when it is first asked for
 * @param stderr where questions are put, since standard output is for what was asked for
 */
export function standardInput(open: () => ReadStream, stderr: Output): Input {
  return {
    get isTTY() {
      return open().isTTY === true;
    },
    get mayStayOpen() {
      return fstatSync(0).isSocket();
    },
    async text() {
      const { text } = await import('node:stream/consumers');
      return await text(open());
    },
    bytes: open,
    close: () => void open().destroy(),
    async secret(question, signal) {
      const stdin = open();
      if (!stdin.isTTY) throw new UsageError('standard input is no terminal that could be asked');
      signal.throwIfAborted();
      const line = { text: '' };
      try {
        return await new Promise<string>((resolve, reject) => {
          const keys = raw(stdin, (pressed) => {
            if (pressed.includes(INTERRUPT)) process.kill(process.pid, 'SIGINT');
            else if (typing(line, pressed)) end(() => resolve(line.text));
          });
          const abort = (): void => end(() => reject(signal.reason));
          const end = (settle: () => void): void => {
            keys[Symbol.dispose]();
            signal.removeEventListener('abort', abort);
            settle();
          };
          signal.addEventListener('abort', abort);
          // Not before keys have ceased to show.
          stderr.write(question);
        });
      } finally {
        stderr.write('\n');
      }
    },
    keys(pressed) {
      const stdin = open();
      if (!stdin.isTTY) return { [Symbol.dispose]() {} };
      return raw(stdin, (key) => {
        if (key === INTERRUPT) process.kill(process.pid, 'SIGINT');
        else pressed(key);
      });
    },
  };
}
