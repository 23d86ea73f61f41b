import type { GuestCalls } from '../calls.js';
import { type CallOptions, startDeadline } from '../deadline.js';
import { type Duration, parseDuration } from '../duration.js';
import { type ExecResult, processEnd } from '../exec/process.js';
import { isGuestError } from '../guest-error.js';
import { pause } from '../pause.js';
import { globalAddress } from './address.js';

/** A custom condition on a guest `G`: met when it resolves to anything but `undefined`. */
export type ProbeOf<G extends GuestCalls, T> = (guest: G, signal: AbortSignal) => Promise<T | undefined>;

/**
 * What can be waited for:
 * - `'agent'`: the agent answers;
 * - `{ command }`: it has the command, and its operator or its frozen state does not forbid it;
 * - `{ process }`: the process that `guest-exec` started with this number is over. The agent tells that once;
 * - `{ address }`: the guest has an address that is not of the machine or the link alone, on that interface if one is named.
 */
export type Condition =
  | 'agent'
  | { readonly command: string }
  | { readonly process: number | bigint }
  | { readonly address: true | string };

/** What waiting for a condition gives. */
export type Met<C> = C extends { readonly process: number | bigint }
  ? ExecResult
  : C extends { readonly address: true | string }
    ? string
    : C extends ProbeOf<never, infer T>
      ? T
      : undefined;

/** How long is waited, and how often is asked. */
export interface WaitOptions extends CallOptions {
  /** Milliseconds until it is given up; as long as it takes if absent. */
  readonly timeout?: number;
  /** Between two looks; half a second if absent. */
  readonly interval?: Duration;
}

const HALF_A_SECOND = 500;
/** Milliseconds that a look may take: an agent that starts just now may never see what was sent before. */
const LOOK = 5000;

/** The agent is not there, or not yet, or no longer. */
function isAbsence(error: unknown): boolean {
  return isGuestError(error, 'timeout') || isGuestError(error, 'closed');
}

const met = Symbol('met');

function probeOf(condition: Condition): ProbeOf<GuestCalls, unknown> {
  if (condition === 'agent') {
    return async (guest, signal) => {
      await guest.synchronize({ timeout: LOOK, signal });
      return met;
    };
  }
  if ('command' in condition) {
    return async (guest, signal) => {
      const { supported_commands: known } = await guest.call('guest-info', undefined, {
        timeout: LOOK,
        signal,
      });
      return known.some(({ name, enabled }) => enabled && name === condition.command) ? met : undefined;
    };
  }
  if ('process' in condition) {
    return (guest, signal) => processEnd(guest, condition.process, { signal });
  }
  const { address } = condition;
  return async (guest, signal) => {
    const interfaces = await guest.call('guest-network-get-interfaces', undefined, { timeout: LOOK, signal });
    return globalAddress(interfaces, address === true ? undefined : address);
  };
}

function nameOf(condition: Condition | ProbeOf<never, unknown>): string {
  if (condition === 'agent') return 'the agent';
  if (typeof condition === 'function') return 'the condition';
  if ('command' in condition) return `the command ${condition.command}`;
  if ('process' in condition) return `the end of process ${condition.process}`;
  return condition.address === true ? 'an address' : `an address on ${condition.address}`;
}

/**
 * Waits until a condition is met, and gives what it found: the result of the process, the address, whatever a probe of
 * one's own resolved to, else `undefined`. A guest that does not answer is asked again; so is one whose connection has
 * ended, if it was opened with `reconnect`.
 *
 * @throws {GuestError} `timeout` or `aborted`; and whatever cannot change by waiting, such as `unsupported`. What a probe
 * of one's own rejects with ends the waiting, unless it says that the guest did not answer.
 */
export async function waitFor<G extends GuestCalls, const C extends Condition | ProbeOf<G, unknown>>(
  guest: G,
  condition: C,
  options: WaitOptions = {},
): Promise<Met<C>> {
  const interval = options.interval === undefined ? HALF_A_SECOND : parseDuration(options.interval);
  const asked: Condition | ProbeOf<G, unknown> = condition;
  const probe = typeof asked === 'function' ? asked : probeOf(asked);
  using deadline = startDeadline(
    { timeout: Number.POSITIVE_INFINITY, ...options },
    `waiting for ${nameOf(condition)}`,
    undefined,
    guest.clock,
  );
  for (;;) {
    deadline.signal.throwIfAborted();
    try {
      const found = await probe(guest, deadline.signal);
      // What a condition finds is what `Met` says; the compiler cannot see through the condition.
      if (found !== undefined) return (found === met ? undefined : found) as Met<C>;
    } catch (error) {
      deadline.signal.throwIfAborted();
      if (!isAbsence(error) || (isGuestError(error, 'closed') && !guest.reconnects)) throw error;
    }
    await pause(guest.clock, interval, deadline.signal);
  }
}
