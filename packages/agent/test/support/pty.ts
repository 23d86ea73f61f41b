import { readlinkSync, renameSync, symlinkSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { CFunction, check, Termios } from '@guestwire/posix';

const O_RDWR = 2;
const O_NOCTTY = 0o400;
const O_CLOEXEC = 0o2000000;

const cOpenpt = new CFunction('int posix_openpt(int flags)');
const cGrantpt = new CFunction('int grantpt(int fd)');
const cUnlockpt = new CFunction('int unlockpt(int fd)');
const cPtsname = new CFunction('int ptsname_r(int fd, void *name, size_t length)');

/** A pseudo-terminal pair in raw mode: this end plays the host, `path` stands for the guest's port. */
export class Pty implements Disposable {
  readonly path: string;
  readonly #master: number;
  readonly #input: ReadStream;
  #text = '';
  #wake: () => void = () => {};

  constructor() {
    const name = Buffer.alloc(64);
    const termios = new Termios();
    this.#master = check(cOpenpt.call(O_RDWR | O_NOCTTY | O_CLOEXEC), 'posix_openpt');
    check(cGrantpt.call(this.#master), 'grantpt');
    check(cUnlockpt.call(this.#master), 'unlockpt');
    check(cPtsname.call(this.#master, name, name.length), 'ptsname_r');
    check(termios.read(this.#master), 'tcgetattr');
    termios.makeRaw();
    check(termios.apply(this.#master), 'tcsetattr');
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
