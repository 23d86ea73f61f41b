import process from 'node:process';

/** Returns whether this process is the single executable. Bun and Deno do not have the module that tells. */
export function isSingleExecutable(): boolean {
  try {
    return process.getBuiltinModule('node:sea').isSea();
  } catch {
    return false;
  }
}
