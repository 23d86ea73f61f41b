import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Collects garbage now, which takes some ten milliseconds.
 *
 * It changes a flag of the whole process, so it is for the daemon only, not for programs that embed the agent.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  // Only a new context has the function. It is not kept, since a context takes half a megabyte.
  runInNewContext('gc()');
}
