import { AgentError } from '../agent-error.js';
import type { Channel } from './channel.js';
import { unixListen } from './unix-listen.js';
import { VIRTIO_SERIAL_PATH, virtioSerial } from './virtio-serial.js';

/** A way to meet the host, as `--method` names it (reference 8.8). */
interface ChannelMethod {
  /** Where the host is met unless told otherwise; absent if that has to be told. */
  readonly defaultPath?: string;
  /** Makes the channel, which is not open yet. */
  readonly channel: (path: string) => Channel;
}

const METHODS: ReadonlyMap<string, ChannelMethod> = new Map<string, ChannelMethod>([
  ['virtio-serial', { defaultPath: VIRTIO_SERIAL_PATH, channel: virtioSerial }],
  ['unix-listen', { channel: (path) => unixListen(path, { keepSocket: true }) }],
]);

/** The path of a method that was given none; undefined if the method needs one, or does not exist (reference 8.1). */
export function defaultPath(method: string): string | undefined {
  return METHODS.get(method)?.defaultPath;
}

/**
 * The daemon's channel: what `--method` and `--path` name. It is not open yet.
 *
 * @throws {AgentError} `option` if there is no such method
 */
export function channelFor(method: string, path: string): Channel {
  const found = METHODS.get(method);
  if (found !== undefined) return found.channel(path);
  throw new AgentError('option', `unsupported channel method/type: ${method}`, {
    advice: `--method is ${[...METHODS.keys()].join(' or ')}`,
  });
}
