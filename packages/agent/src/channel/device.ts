import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { errnoText } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import type { Channel } from './channel.js';
import { DescriptorChannel } from './descriptor-channel.js';

/**
 * A channel over a character device that is always there for hosts to come and go. While there is none, it looks again
 * ten times a second, for ever, and keeps the device open meanwhile. A terminal, which is dead once it has hung up, is
 * opened anew.
 *
 * @param prepare is called with each descriptor, as soon as it is open
 */
export function deviceChannel(path: string, prepare: (fd: number) => void = () => {}): Channel {
  const open = (): number => {
    const fd = openDevice(path);
    prepare(fd);
    return fd;
  };
  let first: number | undefined;
  return new DescriptorChannel({
    name: path,
    lasting: true,
    open() {
      try {
        first = open();
      } catch (error) {
        throw openError(path, error);
      }
    },
    next() {
      const fd = first;
      first = undefined;
      if (fd !== undefined) return fd;
      try {
        return open();
      } catch {
        return undefined;
      }
    },
    close() {
      if (first !== undefined) closeSync(first);
      first = undefined;
    },
  });
}

function openDevice(path: string): number {
  // Node adds O_CLOEXEC. The device may be a terminal, which must not become ours.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
  if (!fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  // It would take its own text for requests, and get the answers at its end.
  throw new AgentError('channel', `error opening channel '${path}': it is a file and no device`, {
    advice: '--path names the device',
  });
}

function openError(path: string, cause: unknown): unknown {
  if (cause instanceof AgentError) return cause;
  const advice: Readonly<Record<string, string>> = {
    'No such file or directory':
      'does the virtual machine have this device? --path names another, --method another way',
    'Permission denied': 'run guestd as a user who may open the device, root for instance',
    'Device or resource busy': 'another agent has the device open; stop it first',
  };
  const text = errnoText(cause);
  return new AgentError('channel', `error opening channel '${path}': ${text}`, {
    advice: advice[text] ?? '--path names another device',
    cause,
  });
}
