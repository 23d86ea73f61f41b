/** Where the modules of a schema go in the output folder, and how files there refer to one another. */
import type { Module, Schema } from '../../model.js';

/** The file for the runtime, at the top of the output folder. */
export const RUNTIME_FILE = 'descriptor.ts';

/**
 * A path in the output folder for each module: its own path without the folders above the main file's, with the
 * ending `.ts`. No two differ in case only, none leads out of the folder, and none is the runtime's.
 */
export function outputPaths(schema: Schema): ReadonlyMap<Module, string> {
  const paths = new Map<Module, string>();
  const taken = new Set([RUNTIME_FILE]);
  const assign = (module: Module) => {
    const stem = safeStem(module.name);
    let path = `${stem}.ts`;
    for (let number = 2; taken.has(path.toLowerCase()); number += 1) path = `${stem}-${number}.ts`;
    taken.add(path.toLowerCase());
    paths.set(module, path);
  };
  assign(schema.main);
  for (const module of schema.modules) if (module !== schema.main) assign(module);
  return paths;
}

function safeStem(name: string): string {
  const parts = name
    .replace(/\.gz$/, '')
    .replace(/\.json$/, '')
    .split(/[/\\]/)
    .map((part) => part.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^\.+/, ''))
    .filter((part) => part !== '');
  const file = parts.pop() ?? 'schema';
  // `x.d.ts` would be a file of declarations.
  return [...parts, file.replace(/\.d$/, '-d')].join('/');
}

/** The specifier by which the file at `from` imports the file at `to`; both are paths in the output folder. */
export function specifier(from: string, to: string): string {
  const source = from.split('/').slice(0, -1);
  const target = to.split('/');
  let shared = 0;
  while (shared < source.length && shared < target.length - 1 && source[shared] === target[shared])
    shared += 1;
  const up = '../'.repeat(source.length - shared) || './';
  return up + target.slice(shared).join('/').replace(/\.ts$/, '.js');
}

/** A specifier given relative to the output folder, as the file at `from` has to write it. */
export function rebased(from: string, given: string): string {
  if (!given.startsWith('.')) return given;
  const up = '../'.repeat(from.split('/').length - 1);
  if (up === '') return given;
  return up + given.replace(/^\.\//, '');
}
