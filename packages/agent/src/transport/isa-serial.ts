import { flushInput, Termios } from '@guestwire/posix';
import { deviceTransport } from './device.js';
import type { Transport } from './transport.js';

/** The first serial line of a machine (qemu-ga §8.1). */
export const ISA_SERIAL_PATH = '/dev/ttyS0';

/** Indexes of the flags in `struct termios`. */
const INPUT_FLAGS = 0;
const OUTPUT_FLAGS = 1;
const CONTROL_FLAGS = 2;
const LOCAL_FLAGS = 3;

// The values of Linux on all architectures but Alpha, MIPS, POWER and SPARC.
/** IGNBRK, BRKINT, IGNPAR, PARMRK, INPCK, ISTRIP, INLCR, IGNCR, ICRNL, IXON, IXANY, IXOFF, IMAXBEL. */
const CHANGES_INPUT =
  0o1 | 0o2 | 0o4 | 0o10 | 0o20 | 0o40 | 0o100 | 0o200 | 0o400 | 0o2000 | 0o4000 | 0o10000 | 0o20000;
const B38400 = 0o17;
const VTIME = 5;
const VMIN = 6;

/**
 * Returns a transport over a serial line (qemu-ga §8.8), which is set to pass every byte unchanged. A line that hangs up
 * is opened again; the line does not show whether a host is there.
 */
export function isaSerial(path: string = ISA_SERIAL_PATH): Transport {
  return deviceTransport(path, makeTransparent);
}

/** A device that is no terminal passes every byte anyway, and is left unchanged. */
function makeTransparent(fd: number): void {
  const termios = new Termios();
  if (termios.read(fd) < 0) return;
  const { flags, characters } = termios;
  flags[INPUT_FLAGS] = (flags[INPUT_FLAGS] ?? 0) & ~CHANGES_INPUT;
  flags[OUTPUT_FLAGS] = 0;
  flags[LOCAL_FLAGS] = 0;
  // Added to the speed that is set instead of replacing it, like qemu-ga.
  flags[CONTROL_FLAGS] = (flags[CONTROL_FLAGS] ?? 0) | B38400;
  characters[VMIN] = 1;
  characters[VTIME] = 0;
  flushInput(fd);
  termios.apply(fd);
}
