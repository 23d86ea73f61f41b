/** The system's name for an error: `ECONNREFUSED`. Empty if it is no error of the system. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
