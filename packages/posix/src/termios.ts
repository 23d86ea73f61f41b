import { CFunction } from './library.js';

/** Larger than `struct termios` is anywhere. */
const TERMIOS_SIZE_BYTES = 256;

const TCSANOW = 0;
const TCIFLUSH = 0;

const cTcgetattr = new CFunction('int tcgetattr(int fd, void *termios)');
const cTcsetattr = new CFunction('int tcsetattr(int fd, int when, void *termios)');
const cTcflush = new CFunction('int tcflush(int fd, int queue)');
const cCfmakeraw = new CFunction('void cfmakeraw(void *termios)');

/** The settings of a terminal. The layout is that of Linux on all architectures but Alpha, MIPS, POWER and SPARC. */
export class Termios {
  readonly #bytes: Uint8Array;
  /** Input, output, control and local flags. */
  readonly flags: Uint32Array;
  /** Control characters and timing: `c_cc`. */
  readonly characters: Uint8Array;

  constructor(bytes = new Uint8Array(TERMIOS_SIZE_BYTES)) {
    this.#bytes = bytes;
    this.flags = new Uint32Array(bytes.buffer, 0, 4);
    this.characters = bytes.subarray(17);
  }

  copy(): Termios {
    return new Termios(this.#bytes.slice());
  }

  /** Reads the settings of a terminal. Returns 0 or a negated error number. */
  read(fd: number): number {
    return cTcgetattr.call(fd, this.#bytes);
  }

  /** Gives a terminal these settings, at once. Returns 0 or a negated error number. */
  apply(fd: number): number {
    return cTcsetattr.call(fd, TCSANOW, this.#bytes);
  }

  /** Sets the flags to those with which a terminal passes every byte unchanged. */
  makeRaw(): void {
    cCfmakeraw.raw(this.#bytes);
  }
}

/** Drops the input of a terminal that has not been read. Returns 0 or a negated error number. */
export function flushInput(fd: number): number {
  return cTcflush.call(fd, TCIFLUSH);
}
