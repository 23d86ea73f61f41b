import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { UsageError } from '../exit-status.js';
import { Interrupted, type Interrupts } from '../interrupts.js';

/** The end of a command on this host. */
export interface CommandEnd {
  /** `undefined` if a signal killed it. */
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** The exit status that a shell reports. */
  readonly status: number;
}

/** The time between the forwarded signal and SIGKILL. */
const KILL_DELAY_MS = 10_000;

function sendSignal(child: ChildProcess, signal: NodeJS.Signals, toGroup: boolean): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(toGroup ? -child.pid : child.pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/**
 * Runs a command on this host with inherited standard streams. It receives the signals of this program; at the second one, or 10 s
 * after the first, it is killed.
 *
 * @param output `stderr` if its output must not mix with that of this program
 * @throws {UsageError} if it cannot be run; the reason of the signal if that is already aborted
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  interrupts: Interrupts,
  output: 'stdout' | 'stderr',
): Promise<CommandEnd> {
  interrupts.signal.throwIfAborted();
  // A terminal sends SIGINT to its foreground process group, which then includes the command. Without a terminal the command gets
  // a separate group, so that its children receive the signals too.
  const ownGroup = !process.stdin.isTTY;
  const child = spawn(command, args, {
    stdio: ['inherit', output === 'stdout' ? 'inherit' : process.stderr, 'inherit'],
    detached: ownGroup,
  });
  let killTimer: NodeJS.Timeout | undefined;
  const kill = (): void => sendSignal(child, 'SIGKILL', ownGroup);
  const interrupt = (): void => {
    const { reason } = interrupts.signal;
    const signal = reason instanceof Interrupted ? reason.signal : 'SIGTERM';
    if (ownGroup || signal !== 'SIGINT') sendSignal(child, signal, ownGroup);
    killTimer = setTimeout(kill, KILL_DELAY_MS);
  };
  interrupts.signal.addEventListener('abort', interrupt, { once: true });
  interrupts.urgent.addEventListener('abort', kill, { once: true });
  try {
    const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>(
      (resolve, reject) => {
        child.on('error', (cause) =>
          reject(new UsageError(`cannot run ${command}: ${cause.message}`, { cause })),
        );
        child.on('exit', (...end) => resolve(end));
      },
    );
    const { constants } = await import('node:os');
    return {
      exitCode: exitCode ?? undefined,
      signal: signal ?? undefined,
      status: exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]),
    };
  } finally {
    clearTimeout(killTimer);
    interrupts.signal.removeEventListener('abort', interrupt);
    interrupts.urgent.removeEventListener('abort', kill);
  }
}
