import type { CommandContext } from '@stricli/core';

/** A stream that text can be written to. */
export interface Output {
  write(text: string): void;
  /** True if a person looks at it. */
  readonly isTTY?: boolean | undefined;
}

/** What the commands use of the world; tests put another in its place. */
export interface CliContext extends CommandContext {
  readonly process: {
    readonly stdout: Output;
    readonly stderr: Output;
    readonly env: Readonly<Record<string, string | undefined>>;
  };
  /** Everything on standard input, up to its end. */
  readonly readInput: () => Promise<string>;
}
