/** Paths in the output folder, and module specifiers between them. */
import type { Module, Schema } from '../../model.js';

/** The path of the runtime. */
export const RUNTIME_FILE = 'descriptor.ts';

/**
 * Returns the path of each module: its own path inside the main file's folder, with the ending `.ts`. The paths differ
 * in more than case, stay inside the output folder, and leave {@link RUNTIME_FILE} free.
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
  // `x.d.ts` would be a declaration file.
  return [...parts, file.replace(/\.d$/, '-d')].join('/');
}

/** Returns the specifier by which the file `from` imports the file `to`. */
export function specifier(from: string, to: string): string {
  const source = from.split('/').slice(0, -1);
  const target = to.split('/');
  let shared = 0;
  while (shared < source.length && shared < target.length - 1 && source[shared] === target[shared])
    shared += 1;
  const up = '../'.repeat(source.length - shared) || './';
  return up + target.slice(shared).join('/').replace(/\.ts$/, '.js');
}

/** Converts a specifier that is relative to the output folder for the file `from`. */
export function rebased(from: string, given: string): string {
  const up = '../'.repeat(from.split('/').length - 1);
  return given.startsWith('.') && up !== '' ? up + given.replace(/^\.\//, '') : given;
}
