import type { CliContext, Input } from '../context.js';
import { UsageError } from '../exit-status.js';

/** The largest input of `guest-exec`, which is one request. */
const MAX_PROGRAM_INPUT_BYTES = 47 * 2 ** 20;
const HINT_DELAY_MS = 2000;
/** The time for the first byte from a socket. */
const FIRST_BYTE_TIMEOUT_MS = 3000;

const WAITING_HINT = 'reading standard input to its end; use --no-input to ignore it';
const IGNORED_HINT = 'no data on standard input for 3 s, it is ignored; use -i to wait for it';

/** Reads standard input to its end. */
export async function readAll({ bytes }: Input): Promise<Buffer> {
  const { buffer } = await import('node:stream/consumers');
  return await buffer(bytes());
}

/**
 * Reads standard input for a program in the guest; `undefined` if it is empty. A hint is printed while it waits.
 *
 * Programs such as sshd and Node give their children a socket that often stays open without data. So the first byte of a
 * socket has a timeout, and that of a pipe has none.
 *
 * @param required waits without a timeout
 * @throws {UsageError} if it is too long for one request
 */
export async function readProgramInput(
  { input, interrupts: { signal }, process }: CliContext,
  command: string,
  required: boolean,
): Promise<Buffer | undefined> {
  const hint = (text: string): void => process.stderr.write(`guestctl: ${command}: ${text}\n`);
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const source = input.bytes()[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<undefined>((resolve) => {
    timer =
      input.mayStayOpen && !required
        ? setTimeout(() => resolve(undefined), FIRST_BYTE_TIMEOUT_MS)
        : setTimeout(() => hint(WAITING_HINT), HINT_DELAY_MS);
  });
  try {
    for (;;) {
      const next = await Promise.race([source.next(), timedOut, aborted]);
      clearTimeout(timer);
      if (next === undefined) hint(IGNORED_HINT);
      if (next === undefined || next.done === true) {
        return length === 0 ? undefined : Buffer.concat(chunks);
      }
      length += next.value.length;
      if (length > MAX_PROGRAM_INPUT_BYTES) {
        throw new UsageError(
          `standard input exceeds the ${MAX_PROGRAM_INPUT_BYTES} bytes of one request; write it to a file with guestctl write`,
        );
      }
      chunks.push(next.value);
    }
  } finally {
    clearTimeout(timer);
    // A pending read would keep the process alive.
    input.close();
  }
}
