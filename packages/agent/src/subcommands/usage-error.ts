/** The words of a subcommand are wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
