import { closeSync, constants, openSync } from 'node:fs';
import { check, Termios } from '@guestwire/posix';
import { overDescriptor, requireFfi } from './descriptor.js';
import { type Advice, refused } from './refused.js';
import type { Transport } from './transport.js';

const advice: Advice = {
  ENOENT: 'there is no such device. Is the machine running? QEMU makes a pseudo-terminal anew at each start',
  EACCES:
    'permission denied. Run as a user who may read and write the device; for serial ports a user of the group dialout may',
  EPERM: 'permission denied. Run as a user who may read and write the device',
  EBUSY: 'another program has the device for itself. End that first',
  EIO: 'nobody is at the other end of the terminal. Is the machine still running?',
  ENXIO: 'there is no such hardware behind the device',
  ENOTTY: 'this is neither a terminal nor a serial device',
};

/** The place of the control flags in `struct termios`, and two of them. */
const CONTROL_FLAGS = 2;
const CREAD = 0o200;
const CLOCAL = 0o4000;

/**
 * Has a terminal pass every byte as it is, whether or not there is a carrier; its speed stays.
 *
 * @returns what brings back the settings that it had
 */
function makeRaw(fd: number): () => void {
  const before = new Termios();
  check(before.read(fd), 'tcgetattr');
  const raw = before.copy();
  raw.makeRaw();
  raw.flags[CONTROL_FLAGS] = (raw.flags[CONTROL_FLAGS] ?? 0) | CREAD | CLOCAL;
  check(raw.apply(fd), 'tcsetattr');
  // A terminal that has hung up has no settings any more.
  return () => void before.apply(fd);
}

/**
 * Opens a pseudo-terminal, such as QEMU's chardev of the kind `pty`, or a serial device. It does not become this
 * program's terminal; its settings are those that pass every byte as it is, and at the end those that it had. Its
 * speed is not changed, which only matters where there is a real line. Linux only.
 *
 * A terminal shows who else reads it nothing of what others have read: only one host can use it at a time.
 *
 * @throws {GuestError} `closed`, whose message says what to look at, or whatever the signal was aborted with
 */
export async function ptyTransport(path: string, signal?: AbortSignal): Promise<Transport> {
  const target = `pty:${path}`;
  signal?.throwIfAborted();
  requireFfi(target);
  let fd: number;
  try {
    // Node adds O_CLOEXEC. Without O_NONBLOCK a serial device would wait for a carrier.
    fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  } catch (error) {
    throw refused(target, error, advice);
  }
  try {
    return overDescriptor(target, fd, makeRaw(fd));
  } catch (error) {
    closeSync(fd);
    throw refused(target, error, advice);
  }
}
