import type { ErrorBody } from '@guestwire/protocol';
import type { CommandDescriptor, WireObject } from '@guestwire/schema';
import type { Peer } from '../transport/peer.js';

/**
 * What became of a request: `unknown`, the command does not exist; `refused` by the filter, a policy, the observer, or
 * since too many commands or another freeze are in progress; `invalid` arguments; `allowed`, the handler was called, and may have failed.
 */
export type Verdict = 'unknown' | 'refused' | 'invalid' | 'allowed';

export interface ObservedCommand {
  readonly name: string;
  /** Absent if the command does not exist. */
  readonly descriptor: CommandDescriptor | undefined;
  /** As received, and not checked yet. They are valid until `started` returns. */
  readonly args: WireObject;
  /** Absent on a channel without connections. */
  readonly peer: Peer | undefined;
}

/** The observation of one command. */
export interface CommandObservation {
  /** If present, the command is refused with this text. */
  readonly refusal?: string | undefined;
  /**
   * Called once, when the reply is known.
   * @param error absent if the command succeeded
   */
  finished(verdict: Verdict, error?: ErrorBody): void;
}

/** Observes every command of every host. Its functions must not throw. */
export interface CommandObserver {
  started(command: ObservedCommand): CommandObservation;
}
