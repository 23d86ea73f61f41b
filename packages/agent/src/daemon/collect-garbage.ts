import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** With less memory outside the heap, a collection is not worth the time. */
const MIN_EXTERNAL_BYTES = 16 * 1024 * 1024;

let collect: (() => void) | undefined;

/**
 * Collects garbage, which takes about ten milliseconds, if much memory is outside the heap. V8 accounts for buffers late:
 * it would keep a request of tens of megabytes until after the next one.
 *
 * It changes a flag of the process, so it is for the daemon only, not for programs that embed the agent.
 */
export function collectGarbage(): void {
  if (process.memoryUsage().external < MIN_EXTERNAL_BYTES) return;
  collect ??= exposed();
  collect();
}

function exposed(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  return typeof gc === 'function' ? () => void gc() : () => {};
}
