import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Reads inputs from a text file: one a line, as a JSON string whose characters are bytes. Other lines are comments, which begin with `#`.
 *
 * @returns no inputs if the file does not exist
 */
export function readInputs(path: string): Buffer[] {
  return textOf(path)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const text: unknown = JSON.parse(line);
      if (typeof text !== 'string') throw new SyntaxError(`${path}: not a string: ${line}`);
      return Buffer.from(text, 'latin1');
    });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Returns the line of an input: ASCII, so that any editor keeps it. */
export function inputLine(input: Buffer): string {
  const escaped = JSON.stringify(input.toString('latin1')).replace(
    /[^ -~]/g,
    (byte) => `\\u${byte.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${escaped}\n`;
}

/** Writes inputs, sorted by length and content. */
export function writeInputs(path: string, inputs: readonly Buffer[]): void {
  const sorted = inputs.toSorted((one, other) => one.length - other.length || one.compare(other));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, sorted.map(inputLine).join(''));
}

/** Returns the file name for a failing input of a target. */
export function crashName(target: string, input: Uint8Array): string {
  return `${target}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`;
}

/** Returns the target of a file that {@link crashName} has named; undefined for another name. */
export function targetOfCrash(name: string): string | undefined {
  return /^(.+)-[0-9a-f]{12}$/.exec(name)?.[1];
}
