/** The process as the commands see it. */

interface Stream {
  write(text: string): void;
  readonly isTTY: boolean;
}

/** The streams and the environment; tests pass their own. */
export interface Context {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Exit statuses: success, an error of the input or the system, a usage error. */
export const EXIT = { success: 0, failure: 1, usage: 2 } as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

export type CommandName = 'check' | 'generate' | 'docs' | 'introspect';

/** Runs a command with the arguments after its name. */
export type CommandFunction = (args: readonly string[], context: Context) => ExitStatus;
