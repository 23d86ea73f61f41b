import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';

import { AgentError } from '../agent-error.js';
import { isSingleExecutable } from '../single-executable.js';
import { LAUNCHED } from './background.js';

const PASSED_DESCRIPTOR = 3;

const FAILURE = 1;

/**
 * Starts this program again, in a new session, and waits until it is ready or has failed (qemu-ga §8.6): Node cannot fork.
 * @param args the command line
 * @param env the environment with which this process was started
 * @returns the exit status for this process
 * @throws {AgentError} `daemon` if the process cannot be started
 */
export function launch(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const hasSocket = env['LISTEN_PID'] === String(process.pid) && isOpen(PASSED_DESCRIPTOR);
  const waiting = PASSED_DESCRIPTOR + (hasSocket ? 1 : 0);
  const child = spawn(process.execPath, [...programArguments(), ...args], {
    detached: true,
    env: { ...env, [LAUNCHED]: `${process.pid}:${waiting}` },
    stdio: ['ignore', 'inherit', 'inherit', ...(hasSocket ? [PASSED_DESCRIPTOR] : []), 'pipe'],
  });
  // Stopping this process while it waits stops the other one, too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new AgentError('daemon', `failed to daemonize: ${cause.message}`, { cause }));
    });
    child.once('exit', (status) => resolve(status ?? FAILURE));
    child.stdio[waiting]?.once('data', () => resolve(0));
  });
}

/** Returns the arguments between the executable and the command line; none in a single executable. */
function programArguments(): readonly string[] {
  const [, script] = process.argv;
  return isSingleExecutable() || script === undefined ? [] : [...process.execArgv, script];
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
