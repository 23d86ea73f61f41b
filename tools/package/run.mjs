import { spawnSync } from 'node:child_process';

/** An error that the user can fix; the message says how. */
export class PackagingError extends Error {
  name = 'PackagingError';
}

/** Returns whether the program exists. */
export const canRun = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/**
 * Runs a program, waits for its exit and returns its output.
 *
 * @param debianPackage the package that a missing program comes from
 */
export function run(program, args, { debianPackage, cwd, env, maxBuffer } = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    cwd,
    maxBuffer,
    env: { ...process.env, ...env },
  });
  if (error?.code === 'ENOENT' && debianPackage !== undefined) {
    throw new PackagingError(`${program} is missing; install the Debian package ${debianPackage}`);
  }
  if (error !== undefined) throw new PackagingError(`cannot run ${program}: ${error.message}`);
  if (status !== 0) {
    const said = `${stdout}${stderr}`.trim();
    throw new PackagingError(
      `${program} ${args.join(' ')} failed (${signal ?? `status ${status}`}): ${said}`,
    );
  }
  return stdout;
}
