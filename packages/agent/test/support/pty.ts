import { readlinkSync, renameSync, symlinkSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReadStream } from 'node:tty';

const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_CLOEXEC = 0o2000000;
const TCSANOW = 0;
/** Larger than `struct termios` is anywhere. */
const TERMIOS_SIZE = 256;

/** A pseudo-terminal pair in raw mode: this end plays the host, `path` stands for the guest's port. */
export class Pty implements Disposable {
  readonly path: string;
  readonly #master: number;
  readonly #input: ReadStream;
  #text = '';
  #wake: () => void = () => {};

  constructor() {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    const libc = koffi.load(null);
    const ptsname = libc.func('int ptsname_r(int fd, void *name, size_t length)');
    const name = Buffer.alloc(64);
    const termios = Buffer.alloc(TERMIOS_SIZE);
    this.#master = libc.func('int posix_openpt(int flags)')(O_RDWR | O_NOCTTY | O_CLOEXEC);
    const steps = [
      libc.func('int grantpt(int fd)')(this.#master),
      libc.func('int unlockpt(int fd)')(this.#master),
      ptsname(this.#master, name, name.length),
      libc.func('int tcgetattr(int fd, void *termios)')(this.#master, termios),
    ];
    libc.func('void cfmakeraw(void *termios)')(termios);
    steps.push(libc.func('int tcsetattr(int fd, int when, void *termios)')(this.#master, TCSANOW, termios));
    if (steps.some((status) => status !== 0)) throw new Error(`no pseudo-terminal: ${steps.join(', ')}`);
    this.path = name.toString('utf8', 0, name.indexOf(0));
    this.#input = new ReadStream(this.#master);
    // While nobody has the guest's side open, reading fails.
    this.#input.on('error', () => {});
    this.#input.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
  }

  /** Makes `link` point to this terminal, whatever it pointed to before. */
  linkAt(link: string): void {
    symlinkSync(this.path, `${link}.new`);
    renameSync(`${link}.new`, link);
    if (readlinkSync(link) !== this.path) throw new Error('the link does not point to the terminal');
  }

  send(text: string): void {
    writeSync(this.#master, Buffer.from(text, 'latin1'));
  }

  /** The next line, without its newline. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Stops reading, as a host that does not. */
  stopReading(): void {
    this.#input.pause();
  }

  startReading(): void {
    this.#input.resume();
  }

  /** Closes the host's side. */
  [Symbol.dispose](): void {
    this.#input.destroy();
  }
}
