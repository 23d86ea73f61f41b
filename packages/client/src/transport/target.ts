import type { Transport } from './transport.js';
import { unixTransport } from './unix.js';

/** How to reach a guest. */
export interface Target {
  readonly kind: 'unix';
  readonly path: string;
}

/**
 * Reads a target such as `unix:/run/vm1/qga.sock`.
 *
 * @throws {TypeError} if it is none
 */
export const parseTarget = (text: string): Target => {
  const path = /^unix:(.+)$/s.exec(text)?.[1];
  if (path === undefined) {
    throw new TypeError(`"${text}" is no target: write unix:PATH, with the path of the agent's socket`);
  }
  return { kind: 'unix', path };
};

/** Connects to a target. Errors are those of {@link unixTransport}. */
export const openTransport = (target: Target, signal?: AbortSignal): Promise<Transport> =>
  unixTransport(target.path, signal);
