import { GuestError } from '../guest-error.js';
import { openWith } from './open-error.js';
import { Program } from './program.js';
import { sendQueue } from './send-queue.js';
import type { Transport } from './transport.js';

/**
 * Runs a command with `/bin/sh -c`, whose standard input and output are the connection:
 * `ssh host socat - UNIX:/run/vm1.sock`. It runs in its own session: it neither receives Ctrl-C nor can ask for a
 * password at the terminal. When it exits, the connection is `closed`, with its status and the end of its errors.
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
