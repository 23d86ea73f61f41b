import { GuestError } from '../guest-error.js';
import { openWith } from './open-error.js';
import { Program } from './program.js';
import { sendQueue } from './send-queue.js';
import type { Transport } from './transport.js';

/**
 * Runs a command with `/bin/sh -c`, whose standard input and output are the connection:
 * `ssh host socat - UNIX:/run/vm1.sock`. It runs in its own session, so it cannot ask for a password at the terminal, and
 * does not receive Ctrl-C. On dispose its input is closed; then it and its children get `SIGTERM`, and a second later
 * `SIGKILL`.
 *
 * When the command exits, the connection is `closed`, with its exit status and the last 64 KiB of its standard error.
 */
export async function execTransport(command: string, signal?: AbortSignal): Promise<Transport> {
  const target = `exec:${command}`;
  const program = await openWith(target, {}, signal, () => Program.start('/bin/sh', ['-c', command]));
  const send = sendQueue(target, program.stdin);
  let isDisposed = false;
  const closed = async (): Promise<GuestError> =>
    new GuestError('closed', `${target}: ${isDisposed ? 'not connected' : await program.describeExit()}`);
  return {
    target,
    async write(bytes) {
      try {
        await send(bytes);
      } catch {
        throw await closed();
      }
    },
    async *[Symbol.asyncIterator]() {
      try {
        yield* program.stdout;
      } catch {
        // How the program exited says more than the error of its pipe.
      }
      if (!isDisposed) throw await closed();
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      await program[Symbol.asyncDispose]();
    },
  };
}
