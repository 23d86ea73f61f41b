import { closeSync, constants, openSync } from 'node:fs';
import { check, Termios } from '@guestwire/posix';
import { descriptorTransport, requireFfi } from './descriptor.js';
import { type Advice, openWith } from './open-error.js';
import type { Transport } from './transport.js';

const ADVICE: Advice = {
  ENOENT: 'no such device; is the VM running? QEMU creates a new pseudo-terminal at each start',
  EACCES:
    'permission denied; run as a user with read and write access to the device, for serial ports in the group dialout',
  EPERM: 'permission denied; run as a user with read and write access to the device',
  EBUSY: 'device busy; stop the program that uses it',
  EIO: 'the other end of the terminal is closed; is the VM still running?',
  ENXIO: 'no hardware behind this device',
  ENOTTY: 'neither a terminal nor a serial device',
};

/** The index of `c_cflag` in the flags of `struct termios`, and two of its bits. */
const CONTROL_FLAGS = 2;
const CREAD = 0o200;
const CLOCAL = 0o4000;

/** Makes a terminal pass every byte unchanged, with or without a carrier. Returns a function that restores its settings. */
function makeRaw(fd: number): () => void {
  const before = new Termios();
  check(before.read(fd), 'tcgetattr');
  const raw = before.copy();
  raw.makeRaw();
  raw.flags[CONTROL_FLAGS] = (raw.flags[CONTROL_FLAGS] ?? 0) | CREAD | CLOCAL;
  check(raw.apply(fd), 'tcsetattr');
  // Fails on a terminal that has hung up, which no longer has settings.
  return () => void before.apply(fd);
}

/**
 * Opens a pseudo-terminal, such as a chardev `pty` of QEMU, or a serial device, in raw mode; restores its settings at the
 * end. It does not become the controlling terminal. Its speed is not changed. Linux only.
 *
 * Only one host can use a terminal at a time, since each byte goes to one reader.
 */
export function ptyTransport(path: string, signal?: AbortSignal): Promise<Transport> {
  const target = `pty:${path}`;
  return openWith(target, ADVICE, signal, () => {
    requireFfi(target);
    // Node adds O_CLOEXEC. Without O_NONBLOCK the open of a serial device waits for a carrier.
    const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    try {
      return descriptorTransport(target, fd, makeRaw(fd));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  });
}
