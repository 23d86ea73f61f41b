/** The result of a subcommand. */
export interface SubcommandResult {
  /** 0 for yes or success, 1 for no, 2 for a usage error. */
  readonly status: 0 | 1 | 2;
  readonly output: string;
  /** For standard error; empty if there is no error. */
  readonly complaint: string;
}

/** Runs a command beside the daemon with the words that follow its name. */
export type Subcommand = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
) => Promise<SubcommandResult>;
