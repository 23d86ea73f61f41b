import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FuzzTarget } from './target.js';

/**
 * Loads a target from its compiled module, which exports it as `target`.
 *
 * @throws {TypeError} if the module has no target of the module's name
 */
export async function loadTarget(module: string): Promise<FuzzTarget> {
  const { target }: { readonly target?: FuzzTarget } = await import(pathToFileURL(module).href);
  const name = basename(module, '.js');
  if (target?.name !== name) throw new TypeError(`${module} does not export a target named ${name}`);
  return target;
}
