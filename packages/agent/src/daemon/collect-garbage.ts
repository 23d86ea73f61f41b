import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** With less memory outside the engine's heap, a collection is not worth its time. */
const MIN_EXTERNAL_BYTES = 16 * 1024 * 1024;

let collect: (() => void) | undefined;

/**
 * Collects garbage now, which takes some ten milliseconds. The engine notices the size of buffers late: by itself it keeps
 * the buffers of a large request until those of the next one have been allocated. Does nothing after small transfers.
 *
 * It changes a flag of the whole process, so it is for the daemon only, not for programs that embed the agent.
 */
export function collectGarbage(): void {
  if (process.memoryUsage().external < MIN_EXTERNAL_BYTES) return;
  collect ??= exposeCollector();
  collect();
}

function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  return typeof gc === 'function' ? () => void gc() : () => {};
}
