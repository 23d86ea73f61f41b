import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions, Condition, ExecResult } from '@guestwire/client';
import { GuestError, isGuestError } from '@guestwire/client/errors';
import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import { type Answer, forEachTarget, textAnswer } from '../for-each-guest.js';
import { printable } from '../output/escape.js';
import { formatSpan } from '../output/format.js';
import type { GuestFlags } from '../parameters.js';
import { openGuest } from '../targets/open.js';

interface WaitFlags extends GuestFlags {
  /** Poll interval in milliseconds. */
  readonly interval?: number;
}

/** An agent that is just starting may have lost the request, so an attempt to connect is short. */
const CONNECT_TIMEOUT_MS = 5000;
const RECONNECT_DELAY_MS = 500;

function missingDetail(what: string): UsageError {
  const example = what === 'command' ? 'command guest-exec' : 'process 4711';
  return new UsageError(`missing ${what} to wait for; example: guestctl wait ${example}`);
}

/** Parses the positional arguments. */
function conditionOf(kind: string, detail: string | undefined): Condition {
  switch (kind) {
    case 'agent':
      if (detail !== undefined) throw new UsageError('unexpected argument: write guestctl wait agent');
      return 'agent';
    case 'command':
      if (detail === undefined) throw missingDetail('command');
      return { command: detail };
    case 'process':
      if (detail === undefined) throw missingDetail('process');
      if (!/^\d{1,15}$/.test(detail)) throw new UsageError(`"${detail}" is not a process ID`);
      return { process: Number(detail) };
    case 'address':
      return { address: detail ?? true };
    default:
      throw new UsageError(
        `unknown condition "${kind}": use agent, command NAME, process PID, or address [INTERFACE]`,
      );
  }
}

function isProcess(found: unknown): found is ExecResult {
  return typeof found === 'object' && found !== null && 'exitCode' in found;
}

function answerOf(condition: Condition, found: unknown, milliseconds: number): Answer {
  const json = { milliseconds: Math.round(milliseconds) };
  const after = `after ${formatSpan(milliseconds)}`;
  if (typeof found === 'string') return textAnswer({ ...json, address: found }, printable(found));
  if (isProcess(found)) {
    const { exitCode, signal } = found;
    const end = signal === undefined ? `exited with status ${exitCode}` : `killed by signal ${signal}`;
    return textAnswer({ ...json, exitCode, signal }, `process ${end}`);
  }
  return textAnswer(json, condition === 'agent' ? `agent replied ${after}` : `condition met ${after}`);
}

/** Reconnects until the condition is met. */
async function waitAt(
  target: string,
  condition: Condition,
  options: CallOptions,
  interval: number | undefined,
): Promise<unknown> {
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      await using guest = await openGuest(target, { ...options, timeout: CONNECT_TIMEOUT_MS });
      return await guest.waitFor(condition, { ...options, ...(interval !== undefined && { interval }) });
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isGuestError(error, 'closed') && !isGuestError(error, 'timeout')) throw error;
    }
    await sleep(RECONNECT_DELAY_MS, undefined, options);
  }
}

/** `guestctl wait`: waits for the agent, or for a condition in the guest. */
export default async function wait(
  this: CliContext,
  flags: WaitFlags,
  kind = 'agent',
  detail?: string,
): Promise<void> {
  const condition = conditionOf(kind, detail);
  const { timeout = Number.POSITIVE_INFINITY, interval } = flags;
  const { signal } = this.interrupts;
  await forEachTarget(this, flags, async ({ name, target }) => {
    const start = performance.now();
    const expired = new AbortController();
    const timer = timeout < 2 ** 31 ? setTimeout(() => expired.abort(), timeout) : undefined;
    const options = { signal: AbortSignal.any([signal, expired.signal]) };
    try {
      const found = await waitAt(target, condition, options, interval);
      return answerOf(condition, found, performance.now() - start);
    } catch (error) {
      signal.throwIfAborted();
      if (!expired.signal.aborted) throw error;
      throw new GuestError('timeout', `${name}: timed out after ${formatSpan(timeout)}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  });
}
