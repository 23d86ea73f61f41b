import { BlockList, isIP } from 'node:net';
import type { GuestNetworkInterface } from '@guestwire/protocol/contract';
import type { GuestCalls } from '../calls.js';
import { type ExecResult, type Pid, waitForExit } from '../exec/process.js';
import { isGuestError } from '../guest-error.js';
import { type CallOptions, type Duration, parseDuration, pause, startDeadline } from '../time.js';

/** A custom condition on a guest `G`: met when it resolves to anything but `undefined`. */
export type ProbeOf<G extends GuestCalls, T> = (guest: G, signal: AbortSignal) => Promise<T | undefined>;

/**
 * What can be waited for:
 * - `'agent'`: the agent answers;
 * - `{ command }`: the agent has the command and allows it;
 * - `{ process }`: the process that `guest-exec` started with this pid has exited. The agent reports that once;
 * - `{ address }`: the guest has an address that is neither loopback nor link-local, on that interface if named.
 */
export type Condition =
  | 'agent'
  | { readonly command: string }
  | { readonly process: Pid }
  | { readonly address: true | string };

/** The result of waiting for a condition. */
export type Met<C> = C extends { readonly process: Pid }
  ? ExecResult
  : C extends { readonly address: true | string }
    ? string
    : C extends ProbeOf<never, infer T>
      ? T
      : undefined;

/** Options of {@link waitFor}. */
export interface WaitOptions extends CallOptions {
  /** Milliseconds until it gives up; no limit if absent. */
  readonly timeout?: number;
  /** The time between two polls; half a second if absent. */
  readonly interval?: Duration;
}

const DEFAULT_INTERVAL_MS = 500;
/** Time limit of one poll: an agent that is just starting may never see what was sent before. */
const POLL_TIMEOUT_MS = 5000;

/** Addresses that other machines cannot reach: unspecified, loopback, link-local, multicast. */
const LOCAL_SUBNETS = '0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 224.0.0.0/3 ::/127 fe80::/10 ff00::/8'.split(' ');

function localAddresses(): BlockList {
  const local = new BlockList();
  for (const [address = '', prefix] of LOCAL_SUBNETS.map((subnet) => subnet.split('/'))) {
    local.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return local;
}

/** Returns the first address that other machines can reach. */
function globalAddress(interfaces: readonly GuestNetworkInterface[], name?: string): string | undefined {
  const local = localAddresses();
  for (const { name: interfaceName, 'ip-addresses': addresses = [] } of interfaces) {
    if (name !== undefined && interfaceName !== name) continue;
    for (const { 'ip-address': address, 'ip-address-type': family } of addresses) {
      if (isIP(address) !== (family === 'ipv4' ? 4 : 6)) continue;
      if (!local.check(address, family)) return address;
    }
  }
  return undefined;
}

/** Result of a condition that is met without a value. */
const MET = Symbol('met');

function probeOf(condition: Condition): ProbeOf<GuestCalls, unknown> {
  const timeout = POLL_TIMEOUT_MS;
  if (condition === 'agent') {
    return async (guest, signal) => {
      await guest.synchronize({ timeout, signal });
      return MET;
    };
  }
  if ('command' in condition) {
    return async (guest, signal) => {
      const info = await guest.call('guest-info', undefined, { timeout, signal });
      const has = info.supported_commands.some(({ name, enabled }) => enabled && name === condition.command);
      return has ? MET : undefined;
    };
  }
  if ('process' in condition) return (guest, signal) => waitForExit(guest, condition.process, signal);
  const { address } = condition;
  return async (guest, signal) => {
    const interfaces = await guest.call('guest-network-get-interfaces', undefined, { timeout, signal });
    return globalAddress(interfaces, address === true ? undefined : address);
  };
}

function describe(condition: Condition | ProbeOf<never, unknown>): string {
  if (condition === 'agent') return 'the agent';
  if (typeof condition === 'function') return 'the condition';
  if ('command' in condition) return `the command ${condition.command}`;
  if ('process' in condition) return `the end of process ${condition.process}`;
  return condition.address === true ? 'an address' : `an address on ${condition.address}`;
}

/**
 * Polls until a condition is met, and returns its value: the result of the process, the address, or the value of a custom
 * probe; else `undefined`. Continues while the guest does not answer and, if it was opened with `reconnect`, after its
 * connection has ended.
 *
 * @throws {GuestError} `timeout` or `aborted`; any error that waiting cannot change, such as `unsupported`; whatever a
 * custom probe rejects with, unless it says that the guest did not answer
 */
export async function waitFor<G extends GuestCalls, const C extends Condition | ProbeOf<G, unknown>>(
  guest: G,
  condition: C,
  options: WaitOptions = {},
): Promise<Met<C>> {
  const interval = options.interval === undefined ? DEFAULT_INTERVAL_MS : parseDuration(options.interval);
  const given: Condition | ProbeOf<G, unknown> = condition;
  const probe = typeof given === 'function' ? given : probeOf(given);
  using deadline = startDeadline(options, `waiting for ${describe(condition)}`, undefined, guest.clock);
  for (;;) {
    deadline.signal.throwIfAborted();
    try {
      const found = await probe(guest, deadline.signal);
      // The result has the type that `Met` says; the compiler cannot evaluate the conditional type.
      if (found !== undefined) return (found === MET ? undefined : found) as Met<C>;
    } catch (error) {
      deadline.signal.throwIfAborted();
      const isTransient =
        isGuestError(error, 'timeout') || (isGuestError(error, 'closed') && guest.reconnects);
      if (!isTransient) throw error;
    }
    await pause(guest.clock, interval, deadline.signal);
  }
}
