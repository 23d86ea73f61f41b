import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Memory outside the engine's heap, in bytes, that is worth the time. */
const WORTHWHILE = 16 * 1024 * 1024;

let collect: (() => void) | undefined;

/**
 * Gives back what is no longer used, at once; takes some ten milliseconds. The engine counts the bytes of buffers
 * late: left to itself it lets a request of tens of megabytes linger until the next one stands beside it. Where there
 * is little to give back, as after many small transfers, it does nothing.
 *
 * It changes a flag of the whole process, so it is for the daemon only, not for programs that embed the agent.
 */
export function collectGarbage(): void {
  if (process.memoryUsage().external < WORTHWHILE) return;
  collect ??= exposed();
  collect();
}

function exposed(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  return typeof gc === 'function' ? () => void gc() : () => {};
}
