import { closeSync, openSync, writeSync } from 'node:fs';
import { dup2 } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';

/**
 * Going into the background (qemu-ga §8.6). Node cannot fork, so `launch.ts` starts this program once more, in a
 * session of its own, and waits; what is here is the second process's side of that.
 */

/** Tells the second process that it is one, and where the first one waits: `PID:DESCRIPTOR`. */
export const LAUNCHED = 'GUESTD_LAUNCHED';

/** Variables in which a service manager addresses one process. */
const ADDRESSED = ['LISTEN_PID', 'WATCHDOG_PID'] as const;

/** The process that has been started to stay in the background. */
export interface Background {
  /**
   * Lets go of the terminal and of the folder in which it was started, and sends the waiting process off, with success.
   *
   * @throws {AgentError} `daemon`
   */
  detach(): void;
}

type Environment = Record<string, string | undefined>;

/**
 * Whether this process has been started to stay in the background. What was meant for the process that started it
 * is then meant for this one; the variable that told is taken out of the environment.
 *
 * @returns undefined in a process that somebody else has started
 */
export function background(env: Environment): Background | undefined {
  const [, parent, descriptor] = /^(\d+):(\d+)$/.exec(env[LAUNCHED] ?? '') ?? [];
  delete env[LAUNCHED];
  if (parent === undefined || descriptor === undefined) return undefined;
  for (const name of ADDRESSED) if (env[name] === parent) env[name] = String(process.pid);
  return { detach: () => detach(Number(descriptor)) };
}

function detach(waiting: number): void {
  try {
    process.umask(0o077);
    process.chdir('/');
    const nothing = openSync('/dev/null', 'r+');
    for (const fd of [0, 1, 2]) dup2(nothing, fd);
    closeSync(nothing);
  } catch (cause) {
    throw new AgentError('daemon', 'failed to daemonize', { cause });
  }
  try {
    writeSync(waiting, '\n');
    closeSync(waiting);
  } catch {
    // Nobody waits any more. Whoever stopped the waiting process has told us too.
  }
}
