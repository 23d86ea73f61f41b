import type { CommandContext } from '@stricli/core';
import type { Interrupts } from './interrupts.js';

/** A stream that text and bytes can be written to. */
export interface Output {
  /** @param taken is called when there is room for more, or there will be none */
  write(chunk: string | Uint8Array, taken?: () => void): void;
  /** True if a person looks at it. */
  readonly isTTY?: boolean | undefined;
  /** The size of the terminal, if it is one; it changes when the person changes it. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** Standard input. */
export interface Input {
  /** True if a person types it. */
  readonly isTTY: boolean;
  /** True if it may stay open though nobody means to send anything: it is a socket. */
  readonly mayStayOpen: boolean;
  /** All of it, up to its end. */
  text(): Promise<string>;
  /** As it comes. */
  bytes(): AsyncIterable<Uint8Array>;
  /** Reads no more of it, so that the program need not wait for its end. */
  close(): void;
  /**
   * Asks a person for a line that does not show while it is typed.
   *
   * @throws whatever the signal was aborted with
   */
  secret(question: string, signal: AbortSignal): Promise<string>;
  /** Every key that a person presses, as it is pressed and without showing it; disposing gives the terminal back its manners. */
  keys(pressed: (key: string) => void): Disposable;
}

/** What the commands use of the world; tests put another in its place. */
export interface CliContext extends CommandContext {
  readonly process: {
    readonly stdout: Output;
    readonly stderr: Output;
    readonly env: Readonly<Record<string, string | undefined>>;
    /** A command that has not thrown may set its exit status here; 0 if it does not. */
    exitCode?: number | string | null;
  };
  readonly input: Input;
  readonly interrupts: Interrupts;
  /** The host's clock: milliseconds since the beginning of 1970 in UTC. */
  readonly now: () => number;
}
