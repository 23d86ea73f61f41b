/** Writes generated files: only those that changed, and only inside the folder. */
import * as fs from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { OutputFile } from './typescript/files.js';

/** The output folder or a file in it cannot be written. The message has the path and the reason. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** Returns the paths of the files in `folder` that are missing or differ. */
export function staleFiles(folder: string, outputs: readonly OutputFile[]): readonly string[] {
  return outputs.filter(({ path, text }) => readText(resolve(folder, path)) !== text).map(({ path }) => path);
}

/** Updates the files in `folder` that differ, each atomically, and returns their paths. Touches no other files. */
export function writeFiles(folder: string, outputs: readonly OutputFile[]): readonly string[] {
  const stale = new Set(staleFiles(folder, outputs));
  for (const { path, text } of outputs) {
    if (stale.has(path)) attempt(resolve(folder, path), (file) => writeInside(folder, file, text));
  }
  return [...stale];
}

/** Writes a file if its text differs. Returns true if it wrote. */
export function writeFile(file: string, text: string): boolean {
  if (readText(file) === text) return false;
  attempt(file, () => replace(file, text));
  return true;
}

/** Returns the text of a regular file, or undefined if it cannot be read and so has to be written. */
export function readText(file: string): string | undefined {
  try {
    // Reading a pipe or terminal would wait for a writer.
    return fs.statSync(file).isFile() ? fs.readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

function writeInside(folder: string, file: string, text: string): void {
  fs.mkdirSync(folder, { recursive: true });
  // A symbolic link in the folder may lead out of it.
  let parent = dirname(file);
  while (!fs.existsSync(parent)) parent = dirname(parent);
  const path = relative(fs.realpathSync(folder), fs.realpathSync(parent));
  if (path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path))
    throw new Error(`it lies outside of ${folder}`);
  fs.mkdirSync(dirname(file), { recursive: true });
  replace(file, text);
}

/** A file that is not regular, such as a terminal, is written to and not replaced. */
function replace(file: string, text: string): void {
  const exists = fs.existsSync(file);
  if (exists && !fs.statSync(file).isFile()) {
    fs.writeFileSync(file, text);
    return;
  }
  const target = exists ? fs.realpathSync(file) : file;
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, text, { flag: 'wx' });
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

function attempt(file: string, action: (file: string) => void): void {
  try {
    action(file);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // Node adds the code before, and the call and path after the reason.
    const reason = message.replace(/^[A-Z]+: /, '').replace(/, \w+ '.*$/s, '');
    throw new OutputError(`cannot write ${file}: ${reason}`, { cause });
  }
}
