import type { CommandContext } from '@stricli/core';
import type { Interrupts } from './interrupts.js';

/** Standard output or standard error. */
export interface OutputStream {
  /**
   * Writes text, in which control characters are escaped, or bytes as they are.
   * @param written is called when the stream accepts more data, or has closed
   */
  write(chunk: string | Uint8Array, written?: () => void): void;
  readonly isTTY?: boolean | undefined;
  /** Size of the terminal, if it is one. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** Standard input. */
export interface Input {
  readonly isTTY: boolean;
  /** True for a socket, which programs often leave open without writing to it. */
  readonly mayStayOpen: boolean;
  /** Reads to the end. */
  text(): Promise<string>;
  bytes(): AsyncIterable<Uint8Array>;
  /** Stops reading, so that the process can exit before the end of the input. */
  close(): void;
  /**
   * Prompts for a line without echo.
   *
   * @throws the reason of the signal when it aborts
   */
  secret(prompt: string, signal: AbortSignal): Promise<string>;
  /** Calls a listener for every key, without echo; disposing restores the terminal. */
  keys(listener: (key: string) => void): Disposable;
}

/** The environment of the commands; tests replace it. */
export interface CliContext extends CommandContext {
  readonly process: {
    readonly stdout: OutputStream;
    readonly stderr: OutputStream;
    readonly env: Readonly<Record<string, string | undefined>>;
    /** Set by a command that returns normally; 0 if it does not. */
    exitCode?: number | string | null;
  };
  readonly input: Input;
  readonly interrupts: Interrupts;
  /** The host's clock: milliseconds since 1970-01-01 UTC. */
  readonly now: () => number;
}
