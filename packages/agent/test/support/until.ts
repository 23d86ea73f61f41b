import { setTimeout as delay } from 'node:timers/promises';

/** Settles when the condition holds: for what has no event. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(2);
}
