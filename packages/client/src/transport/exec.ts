import { GuestError } from '../guest-error.js';
import { Program } from './program.js';
import { Outgoing } from './stream.js';
import type { Transport } from './transport.js';

/**
 * Runs a command with `/bin/sh -c`, whose standard input and output lead to the agent:
 * `ssh host socat - UNIX:/run/vm1.sock`. It runs in a session of its own: it cannot ask for a password at the
 * terminal, and a Ctrl-C there does not reach it. It is ended, with all that it has started, when the transport is
 * disposed: its input is closed, then it gets `SIGTERM`, and a second later `SIGKILL`.
 *
 * When it ends by itself the connection is `closed`, with its exit status and the last 64 KiB of its standard error.
 *
 * @throws {GuestError} `closed` if no shell can be started, or whatever the signal was aborted with
 */
export async function execTransport(command: string, signal?: AbortSignal): Promise<Transport> {
  const target = `exec:${command}`;
  signal?.throwIfAborted();
  let program: Program;
  try {
    program = await Program.start('/bin/sh', ['-c', command]);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GuestError('closed', `${target}: the shell could not be started: ${reason}`, { cause });
  }
  const outgoing = new Outgoing(target, program.stdin);
  let disposed = false;
  const ended = async (): Promise<GuestError> =>
    new GuestError('closed', `${target}: ${disposed ? 'not connected' : await program.ending()}`);
  return {
    target,
    async write(bytes) {
      try {
        await outgoing.send(bytes);
      } catch {
        throw await ended();
      }
    },
    async *[Symbol.asyncIterator]() {
      try {
        yield* program.stdout;
      } catch {
        // How the program ended says more than that its pipe broke.
      }
      if (!disposed) throw await ended();
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      await program[Symbol.asyncDispose]();
    },
  };
}
