import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { EACCES, EBUSY, ENOENT, errnoOf, errnoText } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { DescriptorTransport } from './descriptor-transport.js';
import type { Transport } from './transport.js';

/** The port that a host gives to the guest agent, by its usual name (qemu-ga §8.2). */
export const VIRTIO_SERIAL_PATH = '/dev/virtio-ports/org.qemu.guest_agent.0';

/**
 * Returns a transport over a virtio-serial port (qemu-ga §8.8). While no host has the other side open, the port reads as
 * ended; it stays open, since closing it would show the host that the agent is gone. A port that is unplugged breaks the
 * transport.
 */
export function virtioSerial(path: string = VIRTIO_SERIAL_PATH): Transport {
  return deviceTransport(path);
}

/**
 * Returns a transport over a character device that stays while hosts come and go. Without a host it polls ten times a
 * second and keeps the device open; a terminal that has hung up is opened again.
 *
 * @param prepare is called with each descriptor when it has been opened
 */
export function deviceTransport(path: string, prepare: (fd: number) => void = () => {}): Transport {
  let first: number | undefined;
  return new DescriptorTransport({
    name: path,
    open() {
      try {
        first = openDevice(path, prepare);
      } catch (error) {
        throw openError(path, error);
      }
    },
    next() {
      const fd = first;
      first = undefined;
      if (fd !== undefined) return fd;
      try {
        return openDevice(path, prepare);
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

function openDevice(path: string, prepare: (fd: number) => void): number {
  // Node adds O_CLOEXEC. The device may be a terminal, which must not become this process's terminal.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
  if (!fstatSync(fd).isFile()) {
    prepare(fd);
    return fd;
  }
  closeSync(fd);
  // Its contents would be read as requests, and replies would be appended to it.
  throw new AgentError('transport', `error opening channel '${path}': it is a regular file, not a device`, {
    advice: '--path names the device',
  });
}

const ADVICE: Readonly<Record<number, string>> = {
  [ENOENT]:
    'does the virtual machine have this device? --path names another, --method another kind of channel',
  [EACCES]: 'run guestd as a user who may open the device, usually root',
  [EBUSY]: 'another agent has the device open; stop it first',
};

function openError(path: string, cause: unknown): AgentError {
  if (cause instanceof AgentError) return cause;
  return new AgentError('transport', `error opening channel '${path}': ${errnoText(cause)}`, {
    advice: ADVICE[errnoOf(cause) ?? 0] ?? '--path names another device',
    cause,
  });
}
