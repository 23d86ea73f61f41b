import { setTimeout as pause } from 'node:timers/promises';
import type { CallOptions, Condition, ExecResult } from '@guestwire/client';
import { GuestError, isGuestError } from '@guestwire/client/errors';
import { type Answer, said } from '../answer.js';
import type { CliContext } from '../context.js';
import { eachDestination } from '../each-guest.js';
import { UsageError } from '../exit-status.js';
import { printable } from '../output/printable.js';
import { formatSpan } from '../output/units.js';
import type { GuestFlags } from '../parameters.js';
import { openGuest } from '../targets/open.js';

/** Flags of `guestctl wait`. */
interface WaitFlags extends GuestFlags {
  /** Milliseconds between two looks. */
  readonly interval?: number;
}

/** Milliseconds for one attempt to connect: an agent that starts just now may not see what was sent before. */
const ATTEMPT = 5000;
/** Milliseconds between two attempts. */
const BETWEEN_ATTEMPTS = 500;

function needsAnother(what: string): UsageError {
  return new UsageError(
    `wait for which ${what}? For instance: guestctl wait ${what === 'command' ? 'command guest-exec' : 'process 4711'}`,
  );
}

/** The condition that the words on the command line name. */
function conditionOf(kind: string, detail: string | undefined): Condition {
  switch (kind) {
    case 'agent':
      if (detail !== undefined) throw new UsageError('the agent is one: write guestctl wait agent');
      return 'agent';
    case 'command':
      if (detail === undefined) throw needsAnother('command');
      return { command: detail };
    case 'process':
      if (detail === undefined) throw needsAnother('process');
      if (!/^\d{1,15}$/.test(detail)) throw new UsageError(`"${detail}" is no number of a process`);
      return { process: Number(detail) };
    case 'address':
      return { address: detail ?? true };
    default:
      throw new UsageError(
        `"${kind}" is nothing to wait for: agent, command NAME, process NUMBER, address [INTERFACE]`,
      );
  }
}

function isProcess(found: unknown): found is ExecResult {
  return typeof found === 'object' && found !== null && 'exitCode' in found;
}

/** What was found, for all kinds of conditions. */
function answerOf(condition: Condition, found: unknown, milliseconds: number): Answer {
  const json = { milliseconds: Math.round(milliseconds) };
  const after = `after ${formatSpan(milliseconds)}`;
  if (typeof found === 'string') return said({ ...json, address: found }, printable(found));
  if (isProcess(found)) {
    const { exitCode, signal } = found;
    const end = signal === undefined ? `with status ${exitCode}` : `by signal ${signal}`;
    return said({ ...json, exitCode, signal }, `the process ended ${end}`);
  }
  if (condition === 'agent') return said(json, `the agent answers ${after}`);
  return said(json, `met ${after}`);
}

/** Tries again until the guest is there and the condition is met. */
async function waitAt(
  target: string,
  condition: Condition,
  limits: CallOptions,
  interval: number | undefined,
): Promise<unknown> {
  for (;;) {
    limits.signal?.throwIfAborted();
    try {
      await using guest = await openGuest(target, { ...limits, timeout: ATTEMPT });
      return await guest.waitFor(condition, { ...limits, ...(interval !== undefined && { interval }) });
    } catch (error) {
      limits.signal?.throwIfAborted();
      if (!isGuestError(error, 'closed') && !isGuestError(error, 'timeout')) throw error;
    }
    await pause(BETWEEN_ATTEMPTS, undefined, limits);
  }
}

/** `guestctl wait`: waits until the guest's agent answers, or for something in the guest. */
export default async function wait(
  this: CliContext,
  flags: WaitFlags,
  kind = 'agent',
  detail?: string,
): Promise<void> {
  const condition = conditionOf(kind, detail);
  const { timeout = Number.POSITIVE_INFINITY } = flags;
  const { signal } = this.interrupts;
  await eachDestination(this, flags, async ({ name, target }) => {
    const start = performance.now();
    const over = new AbortController();
    const timer = timeout < 2 ** 31 ? setTimeout(() => over.abort(), timeout) : undefined;
    try {
      const found = await waitAt(
        target,
        condition,
        { signal: AbortSignal.any([signal, over.signal]) },
        flags.interval,
      );
      return answerOf(condition, found, performance.now() - start);
    } catch (error) {
      signal.throwIfAborted();
      if (!over.signal.aborted) throw error;
      throw new GuestError('timeout', `${name}: not within ${formatSpan(timeout)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  });
}
