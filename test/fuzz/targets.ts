/** Where the fuzz targets and their inputs are. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { projectFolder } from '../compat/agents.js';

/** A target that has been built. */
export interface TargetFile {
  readonly name: string;
  /** The compiled module. */
  readonly module: string;
  /** Inputs that cover the code, found by fuzzing. */
  readonly corpus: string;
  /** Inputs that once failed. */
  readonly regressions: string;
}

/** Returns the targets of all packages, by name: `packages/PACKAGE/test/fuzz/NAME.ts`. */
export function targetFiles(): TargetFile[] {
  const packages = join(projectFolder, 'packages');
  const modules = readdirSync(packages).flatMap((name) => modulesIn(join(packages, name, 'dist/test/fuzz')));
  return modules
    .map((module) => {
      const name = basename(module, '.js');
      const inputs = (folder: string): string => join(projectFolder, 'fuzz', folder, `${name}.txt`);
      return { name, module, corpus: inputs('corpus'), regressions: inputs('regressions') };
    })
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

function modulesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.js'))
      .map((name) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
