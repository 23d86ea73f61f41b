import type { CliContext, Input } from './context.js';
import { UsageError } from './exit-status.js';

/** All of standard input. */
export const wholeInput = async ({ bytes }: Input): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes()) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** More is not carried by one request. */
const most = 47 * 2 ** 20;
/** Milliseconds after which somebody who did not know is told what is waited for. */
const patience = 2000;

/**
 * All of standard input, for what takes it at once. Whoever has left it open without writing to it is told so.
 *
 * @throws {UsageError} if it is longer than one request carries
 */
export const inputOf = async (
  { input, interrupts, process }: CliContext,
  command: string,
): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const hint = setTimeout(() => {
    process.stderr.write(
      `guestctl: ${command}: reading standard input to its end; --no-input leaves it alone\n`,
    );
  }, patience);
  const read = async (): Promise<void> => {
    for await (const chunk of input.bytes()) {
      clearTimeout(hint);
      length += chunk.length;
      if (length > most) {
        throw new UsageError(
          `standard input is longer than ${most} bytes, which is all that one request carries; put it into a file with guestctl write`,
        );
      }
      chunks.push(chunk);
    }
  };
  const { signal } = interrupts;
  try {
    signal.throwIfAborted();
    await Promise.race([
      read(),
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    ]);
  } finally {
    clearTimeout(hint);
  }
  return Buffer.concat(chunks);
};
