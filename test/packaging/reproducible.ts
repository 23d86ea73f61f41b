// A second build of the project, as different from the first as the machine allows.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { projectFolder } from '../compat/agents.js';

/** What a second build has made. Disposing removes it. */
export interface SecondBuild extends Disposable {
  /** The output of `npm run package`. */
  readonly output: string;
}

/**
 * Builds and packages a copy of the sources: in another folder, at another time, with another umask and time zone.
 *
 * @param parts values of `--only` of the packager
 */
export function buildAgain(parts: readonly string[]): SecondBuild {
  const place = mkdtempSync(join(tmpdir(), 'guestwire-again-'));
  const dispose = (): void => rmSync(place, { recursive: true, force: true });
  const folder = join(place, 'another folder');
  const output = join(place, 'output');
  const run = (...command: readonly string[]): void => {
    execFileSync('/bin/sh', ['-c', 'umask 077; exec "$@"', 'sh', ...command], {
      cwd: folder,
      env: { ...process.env, TZ: 'Asia/Kathmandu', SOURCE_DATE_EPOCH: sourceDate() },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  try {
    copySources(folder);
    execFileSync('cp', ['-a', '--reflink=auto', join(projectFolder, 'node_modules'), folder]);
    run('npm', 'run', '--silent', 'build');
    for (const part of parts) {
      run(process.execPath, 'tools/package.mjs', `--only=${part}`, `--output=${output}`);
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return { output, [Symbol.dispose]: dispose };
}

/** Returns the time that the packager takes when none is given. */
function sourceDate(): string {
  const git = ['-C', projectFolder, 'log', '-1', '--format=%ct'];
  return process.env['SOURCE_DATE_EPOCH'] ?? execFileSync('git', git, { encoding: 'utf8' }).trim();
}

/** Copies all files that are not ignored, without the rights of other users. */
function copySources(folder: string): void {
  const git = ['-C', projectFolder, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const paths = execFileSync('git', git, { encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0');
  for (const path of paths) {
    const source = join(projectFolder, path);
    if (path === '' || !existsSync(source)) continue;
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(source, target);
    chmodSync(target, statSync(source).mode & 0o700);
  }
}
