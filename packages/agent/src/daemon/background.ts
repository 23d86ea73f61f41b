import { closeSync, openSync, writeSync } from 'node:fs';
import { dup2 } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';

/** Set by `launch.ts` for the second process: `PID:DESCRIPTOR`, the number of the first process and where it waits. */
export const LAUNCHED = 'GUESTD_LAUNCHED';

/** Variables in which a service manager addresses one process. */
const ADDRESSED = ['LISTEN_PID', 'WATCHDOG_PID'] as const;

/** A process that was started to stay in the background. */
export interface Background {
  /**
   * Detaches from the terminal and the working directory, and ends the waiting process with success.
   * @throws {AgentError} `daemon`
   */
  detach(): void;
}

type Environment = Record<string, string | undefined>;

/**
 * Returns whether this process was started by `launch.ts` to stay in the background; undefined if not. Variables for the
 * first process are changed to address this one.
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
    const nullDevice = openSync('/dev/null', 'r+');
    for (const fd of [0, 1, 2]) dup2(nullDevice, fd);
    closeSync(nullDevice);
  } catch (cause) {
    throw new AgentError('daemon', 'failed to daemonize', { cause });
  }
  try {
    writeSync(waiting, '\n');
    closeSync(waiting);
  } catch {
    // The waiting process is gone. It has passed the signal that ended it to this one.
  }
}
