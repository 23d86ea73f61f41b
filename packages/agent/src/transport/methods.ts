import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentError } from '../agent-error.js';
import type { Logger } from '../log/logger.js';
import { VIRTIO_SERIAL_PATH, virtioSerial } from './device.js';
import { type InheritedSocket, inheritedListener } from './inherited.js';
import { ISA_SERIAL_PATH, isaSerial } from './isa-serial.js';
import type { PeerOptions } from './peer-filter.js';
import { retrying } from './retrying.js';
import type { Transport } from './transport.js';
import { DEFAULT_MODE, unixListen } from './unix-listen.js';
import { vsockListen } from './vsock-listen.js';
import { waitForPath } from './wait-for-path.js';

/** The pause before a transport is opened again (qemu-ga §8.8). */
const RETRY_MS = 5_000;

/** A kind of channel, as `--method` names it (qemu-ga §8.8). */
interface Method {
  /** Absent if a path must be given. */
  readonly defaultPath?: string;
  /** Makes the transport, which is not open yet. */
  readonly make: (path: string, options: TransportOptions) => Transport;
  /** Returns the path that must exist for the transport to be opened. */
  readonly requiredPath?: (path: string) => string;
}

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'virtio-serial',
    { defaultPath: VIRTIO_SERIAL_PATH, make: (path) => virtioSerial(path), requiredPath: (path) => path },
  ],
  [
    'isa-serial',
    { defaultPath: ISA_SERIAL_PATH, make: (path) => isaSerial(path), requiredPath: (path) => path },
  ],
  [
    'unix-listen',
    {
      make: (path, { socketMode: mode = DEFAULT_MODE, ...peers }) =>
        unixListen(path, { ...peers, mode, keepSocket: true }),
      requiredPath: dirname,
    },
  ],
  ['vsock-listen', { make: vsockListen }],
]);

/** Returns the default path of a method; undefined if the method needs a path or does not exist (qemu-ga §8.1). */
export function defaultPath(method: string): string | undefined {
  return METHODS.get(method)?.defaultPath;
}

export interface TransportOptions extends PeerOptions {
  /** Permissions of the socket of `unix-listen`; 0600 by default. */
  readonly socketMode?: number | undefined;
  /** The socket to listen on; overrides method and path. */
  readonly inherited?: InheritedSocket | undefined;
  /** The log of `--retry-path`; absent if a transport that cannot be opened, or breaks, is not to be opened again. */
  readonly retry?: Logger | undefined;
}

/**
 * Returns the transport for `--method` and `--path`. It is not open yet.
 * @throws {AgentError} `option` if the method does not exist, or if the path can never be valid for it
 */
export function transportFor(method: string, path: string, options: TransportOptions = {}): Transport {
  const { inherited, retry } = options;
  // An inherited socket cannot be lost.
  if (inherited !== undefined) return inheritedListener(inherited, options);
  const found = METHODS.get(method);
  if (found === undefined) {
    throw new AgentError('option', `unsupported channel method/type: ${method}`, {
      advice: `--method is one of ${[...METHODS.keys()].join(', ')}`,
    });
  }
  const transport = found.make(path, options);
  if (retry === undefined) return transport;
  const required = found.requiredPath?.(path);
  return retrying(() => found.make(path, options), {
    log: retry,
    createdPath: transport.createdPath,
    wait: (signal) =>
      required === undefined ? pause(RETRY_MS, signal) : waitForPath(required, RETRY_MS, signal),
  });
}

/** Resolves after `ms` milliseconds, or when `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
