import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../log/logger.js';

/** How long a killed process may take to end: the kernel may block it on a disk that does not answer. */
const KILL_TIMEOUT_MS = 2_000;

/** No event reports the end of a process that is no child. */
const POLL_INTERVAL_MS = 10;

/** A hook that an agent has started that was killed. It leads its session. */
interface Orphan {
  readonly hook: string;
  readonly argument: 'freeze' | 'thaw';
}

export interface EndOrphansOptions {
  readonly log: Logger;
  /** Milliseconds that a hook has to end its `thaw`. */
  readonly limit: number;
  /** Aborted when nobody waits any more: what still runs `thaw` continues. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Ends the hooks that still run for an agent that was killed. Those with `freeze` are killed with their processes: they
 * could otherwise complete after their own `thaw`. Those with `thaw` end by themselves, or are killed at the limit.
 * @param hooks paths
 * @returns the hooks whose `thaw` has ended by itself: they must not run it again
 */
export async function endOrphans(
  hooks: readonly string[],
  { log, limit, signal }: EndOrphansOptions,
): Promise<ReadonlySet<string>> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const resumed = new Set<string>();
  await Promise.all(
    pids.map(async (pid) => {
      const orphan = await orphanOf(pid, hooks);
      if (orphan === undefined) return;
      if (orphan.argument === 'thaw') {
        log.warning(`waiting for fsfreeze hook ${orphan.hook}, which runs thaw for an agent that was killed`);
      }
      const hasResumed = orphan.argument === 'thaw' && (await hasEnded(pid, limit, signal));
      if (hasResumed) resumed.add(orphan.hook);
      else if (orphan.argument === 'freeze' || signal?.aborted !== true) await kill(pid);
    }),
  );
  return resumed;
}

async function kill(pid: string): Promise<void> {
  try {
    process.kill(-Number(pid), 'SIGKILL');
  } catch {
    return;
  }
  await hasEnded(pid, KILL_TIMEOUT_MS);
}

/** Waits for the end of a process. Returns false if it takes longer than `ms` milliseconds, or the signal aborts. */
async function hasEnded(pid: string, ms: number, signal?: AbortSignal): Promise<boolean> {
  for (const end = performance.now() + ms; await isRunning(pid); await delay(POLL_INTERVAL_MS)) {
    if (performance.now() >= end || signal?.aborted === true) return false;
  }
  return true;
}

/** @param asLeader true to accept only the leader of a session */
async function isRunning(pid: string, asLeader = false): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  // The name of the program, in parentheses, may contain anything.
  const [state = '', , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return /^[^ZX]/.test(state) && (!asLeader || session === pid);
}

/** Recognizes a hook by the end of its command line, `HOOK ARGUMENT`; a script follows its interpreter there. */
async function orphanOf(pid: string, hooks: readonly string[]): Promise<Orphan | undefined> {
  if (!(await isRunning(pid, true))) return undefined;
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const [hook = '', argument] = line.split('\0').slice(0, -1).slice(-2);
  if (!hooks.includes(hook) || (argument !== 'freeze' && argument !== 'thaw')) return undefined;
  return { hook, argument };
}
