import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { isSea } from 'node:sea';
import { AgentError } from '../agent-error.js';
import { LAUNCHED } from './background.js';

/** The descriptor under which a service manager hands over a socket. */
const FIRST_HANDED_OVER = 3;

const FAILURE = 1;

/**
 * Starts this program again, in a session of its own, and waits until it serves hosts or has failed (qemu-ga §8.6).
 * It says on our standard error why it failed.
 *
 * @param args the command line
 * @param env the environment as it was when this process was started
 * @returns the exit status for this process
 * @throws {AgentError} `daemon` if there can be no other process
 */
export function launch(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const handedOver = env['LISTEN_PID'] === String(process.pid) && isOpen(FIRST_HANDED_OVER);
  const waiting = FIRST_HANDED_OVER + (handedOver ? 1 : 0);
  const child = spawn(process.execPath, [...ownArguments(), ...args], {
    detached: true,
    env: { ...env, [LAUNCHED]: `${process.pid}:${waiting}` },
    stdio: ['ignore', 'inherit', 'inherit', ...(handedOver ? [FIRST_HANDED_OVER] : []), 'pipe'],
  });
  // Who stops this process while it waits does not want the other one either.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new AgentError('daemon', `failed to daemonize: ${cause.message}`, { cause }));
    });
    child.once('exit', (status) => resolve(status ?? FAILURE));
    child.stdio[waiting]?.once('data', () => resolve(0));
  });
}

/** What stands between the executable and the command line: nothing if the program is inside the executable. */
function ownArguments(): readonly string[] {
  const [, script] = process.argv;
  return isSea() || script === undefined ? [] : [...process.execArgv, script];
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
