import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { UsageError } from '../exit-status.js';
import { Interrupted, type Interrupts } from '../interrupts.js';

/** How a command on this host ended. */
export interface CommandEnd {
  /** `undefined` if a signal ended it. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** As shells have it. */
  readonly status: number;
}

/** Milliseconds that it has to end once it was asked to, before it is killed. */
const GRACE = 10_000;

async function signalNumbers(): Promise<Readonly<Record<string, number>>> {
  return (await import('node:os')).constants.signals;
}

/**
 * Asks a command to end as we were asked to. Where a terminal has asked, it has asked the command too; else the command has a
 * group of its own, so that what it has started is asked as well.
 */
function endings(child: ChildProcess, ownGroup: boolean) {
  return {
    send(signal: NodeJS.Signals): void {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      try {
        process.kill(ownGroup ? -child.pid : child.pid, signal);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
      }
    },
  };
}

/**
 * Runs a command on this host, with our own input and output, until it ends. It is told of what asks us to end; asked twice, or ten
 * seconds later, it is killed.
 *
 * @param output `stderr` if what it prints is not to mix with what we print
 * @throws {UsageError} if it cannot be run; what the signal was aborted with, if it was before
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  interrupts: Interrupts,
  output: 'stdout' | 'stderr',
): Promise<CommandEnd> {
  // Who is asked to end before the command has begun does not begin it.
  interrupts.signal.throwIfAborted();
  const ownGroup = !process.stdin.isTTY;
  const child = spawn(command, args, {
    stdio: ['inherit', output === 'stdout' ? 'inherit' : process.stderr, 'inherit'],
    detached: ownGroup,
  });
  const { send } = endings(child, ownGroup);
  let killing: NodeJS.Timeout | undefined;
  const ask = (): void => {
    const { reason } = interrupts.signal;
    const signal = reason instanceof Interrupted ? reason.signal : 'SIGTERM';
    if (ownGroup || signal !== 'SIGINT') send(signal);
    killing = setTimeout(() => send('SIGKILL'), GRACE);
  };
  const kill = (): void => send('SIGKILL');
  interrupts.signal.addEventListener('abort', ask, { once: true });
  interrupts.urgent.addEventListener('abort', kill, { once: true });
  try {
    const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
      (resolve, reject) => {
        child.on('error', (cause) =>
          reject(new UsageError(`${command} cannot be run: ${cause.message}`, { cause })),
        );
        child.on('exit', (...end) => resolve(end));
      },
    );
    const numbers = await signalNumbers();
    return {
      exitCode: exitCode ?? undefined,
      signal: signal ?? undefined,
      status: exitCode ?? 128 + (signal === null ? 0 : (numbers[signal] ?? 0)),
    };
  } finally {
    clearTimeout(killing);
    interrupts.signal.removeEventListener('abort', ask);
    interrupts.urgent.removeEventListener('abort', kill);
  }
}
