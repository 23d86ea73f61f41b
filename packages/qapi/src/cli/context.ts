/** What a command of the command line may use of the process around it. */

/** Where text goes. */
interface Stream {
  write(text: string): void;
  readonly isTTY: boolean;
}

/** The process, as far as the commands see it; tests give their own. */
export interface Context {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Exit statuses: all is well; the input or the system is at fault; the command line is. */
export const EXIT = { success: 0, failure: 1, usage: 2 } as const;

/** An exit status of {@link EXIT}. */
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** The name of a command of `qapi`. */
export type CommandName = 'check' | 'generate' | 'docs' | 'introspect';

/** A command: takes what follows its name, gives the exit status. */
export type CommandFunction = (args: readonly string[], context: Context) => ExitStatus;
