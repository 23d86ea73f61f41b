import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentError } from '../agent-error.js';
import type { Logger } from '../log/logger.js';
import { appearance } from './appearance.js';
import type { Channel } from './channel.js';
import type { InheritedSocket } from './inherited.js';
import { ISA_SERIAL_PATH, isaSerial } from './isa-serial.js';
import { inheritedListener } from './listening.js';
import { retrying } from './retrying.js';
import { unixListen } from './unix-listen.js';
import { VIRTIO_SERIAL_PATH, virtioSerial } from './virtio-serial.js';
import { vsockListen } from './vsock-listen.js';

/** How long to wait in milliseconds before a channel is opened again (qemu-ga §8.8). */
const RETRY_MS = 5_000;

/** A way to meet the host, as `--method` names it (qemu-ga §8.8). */
interface ChannelMethod {
  /** Where the host is met unless told otherwise; absent if that has to be told. */
  readonly defaultPath?: string;
  /** Makes the channel, which is not open yet. */
  readonly channel: (path: string) => Channel;
  /** What has to be there for the channel to be opened, if that is a file. */
  readonly needs?: (path: string) => string;
}

const METHODS: ReadonlyMap<string, ChannelMethod> = new Map<string, ChannelMethod>([
  ['virtio-serial', { defaultPath: VIRTIO_SERIAL_PATH, channel: virtioSerial, needs: (path) => path }],
  ['isa-serial', { defaultPath: ISA_SERIAL_PATH, channel: isaSerial, needs: (path) => path }],
  ['unix-listen', { channel: (path) => unixListen(path, { keepSocket: true }), needs: dirname }],
  ['vsock-listen', { channel: vsockListen }],
]);

/** The path of a method that was given none; undefined if the method needs one, or does not exist (qemu-ga §8.1). */
export function defaultPath(method: string): string | undefined {
  return METHODS.get(method)?.defaultPath;
}

/** How the daemon's channel is kept. */
export interface ChannelSettings {
  /** The socket to listen on instead of what method and path say. */
  readonly inherited?: InheritedSocket | undefined;
  /** Where to log that the channel is opened again and again (`--retry-path`); absent if it is not to be. */
  readonly retry?: Logger | undefined;
}

/**
 * The daemon's channel: what `--method` and `--path` name. It is not open yet.
 *
 * @throws {AgentError} `option` if there is no such method, or if the path can never be one of its paths
 */
export function channelFor(method: string, path: string, settings: ChannelSettings = {}): Channel {
  const { inherited, retry } = settings;
  // Nothing can happen to a socket that is ours already.
  if (inherited !== undefined) return inheritedListener(inherited);
  const found = METHODS.get(method);
  if (found === undefined) {
    throw new AgentError('option', `unsupported channel method/type: ${method}`, {
      advice: `--method is one of ${[...METHODS.keys()].join(', ')}`,
    });
  }
  const channel = found.channel(path);
  if (retry === undefined) return channel;
  const needed = found.needs?.(path);
  return retrying(() => found.channel(path), {
    log: retry,
    wait: (signal) => (needed === undefined ? pause(RETRY_MS, signal) : appearance(needed, RETRY_MS, signal)),
  });
}

/** Settles after so many milliseconds, or when `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
