/**
 * Returns an error of this machine's filesystem in the shape of Node's, for what Node itself does not report.
 * @param code such as `EEXIST`
 */
export function localError(
  code: string,
  syscall: string,
  path: Uint8Array,
  reason: string,
): NodeJS.ErrnoException {
  const text = Buffer.from(path).toString();
  return Object.assign(new Error(`${text}: ${reason}`), { code, syscall, path: text });
}

/** Runs operations on an open file: a system error without a path, such as a full disk, gets that of the file. */
export async function namingFile<T>(path: Uint8Array, operations: () => Promise<T>): Promise<T> {
  try {
    return await operations();
  } catch (error) {
    if (error instanceof Error && 'syscall' in error && !('path' in error)) {
      const text = Buffer.from(path).toString();
      error.message += ` '${text}'`;
      Object.assign(error, { path: text });
    }
    throw error;
  }
}
