import type { ArgumentsOf, CommandDescriptor, ReturnsOf } from '@guestwire/schema';
import type { Commands } from './contract.js';
import type { GuestError } from './guest-error.js';
import type { CallOptions, Clock } from './time.js';
import type { TransportLimits } from './transport/transport.js';

/** The parameters of a call after the command's name: arguments, optional if none is required, and options. */
export type CallParameters<C extends CommandDescriptor> =
  ArgumentsOf<C> extends object
    ? object extends ArgumentsOf<C>
      ? [args?: ArgumentsOf<C>, options?: CallOptions]
      : [args: ArgumentsOf<C>, options?: CallOptions]
    : [args?: undefined, options?: CallOptions];

/**
 * Commands of one guest: what files, exec, freeze and wait are built on, and all that they use of a guest.
 *
 * Any number of callers may share it: calls are sent one at a time, in the order in which they were made. Every
 * rejection is a {@link GuestError}. The guest is not trusted: its replies are checked and held in bounded memory.
 */
export interface GuestCalls {
  /** The clock of all time limits. */
  readonly clock: Clock;
  /** The largest messages that the connection carries, where that is less than agents accept and send. */
  readonly messageLimits: TransportLimits;
  /** Whether a call opens a new connection after the old one has ended. */
  readonly reconnects: boolean;

  /**
   * Runs a command of the contract and returns its checked return value.
   *
   * A command without a success reply (`guest-shutdown`, `guest-suspend-disk`) is followed by a synchronization: the
   * call resolves on the reply to that, since agents reply in order and an error would come first. It also resolves
   * when the connection ends instead, as it does when the machine shuts down; a crash looks the same.
   */
  call<Name extends keyof Commands>(
    name: Name,
    ...parameters: CallParameters<Commands[Name]>
  ): Promise<ReturnsOf<Commands[Name]>>;

  /**
   * Runs a command several times in one turn, once for each arguments object, in order. All of them run, also after
   * one has failed; of requests that time out, two may still run. Where the agent echoes ids, the next request is
   * sent before the last reply has arrived.
   *
   * @param read converts each return value as soon as it arrives
   * @param options apply to all of them together
   * @returns the converted values before the first failure, and its error
   * @internal
   */
  pipeline<Name extends keyof Commands, T>(
    name: Name,
    all: readonly object[],
    read: (returned: ReturnsOf<Commands[Name]>) => T,
    options?: CallOptions,
  ): Promise<{ readonly returned: readonly T[]; readonly error?: GuestError }>;

  /** Synchronizes host and agent, which also proves that the agent answers. Calls do so by themselves where needed. */
  synchronize(options?: CallOptions): Promise<void>;

  /**
   * Opens another connection to the same agent, for the caller to close.
   *
   * @throws {GuestError} `closed` if it cannot be opened, or the guest was opened over a transport of the caller
   */
  reopen(options?: CallOptions): Promise<GuestCalls & AsyncDisposable>;
}
