import type { CliContext, Input } from '../context.js';
import { UsageError } from '../exit-status.js';

/** All of standard input. */
export async function wholeInput({ bytes }: Input): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** More is not carried by one request. */
const MOST = 47 * 2 ** 20;
/** Milliseconds after which somebody who did not know is told what is waited for. */
const UNTIL_HINT = 2000;
/** Milliseconds in which the first byte has to come where perhaps nobody means to send one. */
const UNTIL_FIRST = 3000;

const HINT = 'reading standard input to its end; --no-input leaves it alone';
const WITHOUT = 'nothing came from standard input for 3 s, so the program gets none; -i waits for it';

/**
 * All of standard input, for what takes it at once; `undefined` if there is none. Whoever has left it open without writing to it is told so.
 *
 * Who starts a program from another one, as Node and sshd do, gives it a socket that often stays open though nobody means
 * anything by it; a shell gives a pipe only where one is written. So a socket has to say something soon.
 *
 * @param wanted true if it was asked for by name: then it is waited for in any case
 * @throws {UsageError} if it is longer than one request carries
 */
export async function inputOf(
  { input, interrupts, process }: CliContext,
  command: string,
  wanted: boolean,
): Promise<Buffer | undefined> {
  const say = (text: string): void => process.stderr.write(`guestctl: ${command}: ${text}\n`);
  const { signal } = interrupts;
  signal.throwIfAborted();
  const given = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const source = input.bytes()[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const impatient = input.mayStayOpen && !wanted;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = impatient
      ? setTimeout(() => resolve(undefined), UNTIL_FIRST)
      : setTimeout(() => say(HINT), UNTIL_HINT);
  });
  try {
    for (;;) {
      const next = await Promise.race([source.next(), tooLate, given]);
      clearTimeout(timer);
      if (next === undefined) say(WITHOUT);
      if (next === undefined || next.done === true) {
        return length === 0 ? undefined : Buffer.concat(chunks);
      }
      length += next.value.length;
      if (length > MOST) {
        throw new UsageError(
          `standard input is longer than ${MOST} bytes, which is all that one request carries; put it into a file with guestctl write`,
        );
      }
      chunks.push(next.value);
    }
  } finally {
    clearTimeout(timer);
    // A read that is under way would end with the input only.
    input.close();
  }
}
