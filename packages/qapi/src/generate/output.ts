/** Writing generated files: only what changed, and nothing outside the folder. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { OutputFile } from './typescript/generate.js';

/** The output folder or a file in it cannot be written; the message names it and says why. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** The paths of the files that are not in `folder` as they should be. Nothing is written. */
export function staleFiles(folder: string, outputs: readonly OutputFile[]): readonly string[] {
  return outputs.filter(({ path, text }) => current(resolve(folder, path)) !== text).map(({ path }) => path);
}

/**
 * Brings the files in `folder` up to date and gives the paths of those that it wrote. A file that has the right text
 * is left alone, its time too; a new text takes the place of the old one at once. Other files are never touched.
 */
export function writeFiles(folder: string, outputs: readonly OutputFile[]): readonly string[] {
  const stale = new Set(staleFiles(folder, outputs));
  for (const { path, text } of outputs) {
    if (stale.has(path)) attempt(resolve(folder, path), (file) => writeInside(folder, file, text));
  }
  return [...stale];
}

/** Writes one file wherever it is; the result says whether it had to. */
export function writeFile(file: string, text: string): boolean {
  if (current(file) === text) return false;
  attempt(file, () => replace(file, text));
  return true;
}

/** The text of a file; nothing if it cannot be read, for then it has to be written. */
export function current(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function writeInside(folder: string, file: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  // A link within the folder may lead out of it.
  let parent = dirname(file);
  while (!existsSync(parent)) parent = dirname(parent);
  const way = relative(realpathSync(folder), realpathSync(parent));
  if (way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw new Error(`it lies outside of ${folder}`);
  mkdirSync(dirname(file), { recursive: true });
  replace(file, text);
}

/** What is not a regular file, a terminal say, is written to instead of being replaced. */
function replace(file: string, text: string): void {
  const target = existsSync(file) ? realpathSync(file) : file;
  if (existsSync(target) && !statSync(target).isFile()) {
    writeFileSync(target, text);
    return;
  }
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: 'wx' });
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function attempt(file: string, action: (file: string) => void): void {
  try {
    action(file);
  } catch (cause) {
    throw new OutputError(`cannot write ${file}: ${reason(cause)}`, { cause });
  }
}

/** What the system says, without the call and the path that Node puts after it. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^[A-Z]+: /, '').replace(/, \w+ '.*$/s, '');
}
