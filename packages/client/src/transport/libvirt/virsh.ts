import { randomBytes } from 'node:crypto';
import { on } from 'node:events';
import type { Readable } from 'node:stream';
import { GuestError, isGuestError } from '../../guest-error.js';
import type { Deadline } from '../../time.js';
import { openWith } from '../open-error.js';
import { Program } from '../program.js';
import { sendQueue } from '../send-queue.js';
import { MarkedText } from './marked-text.js';
import { explainVirsh } from './virsh-text.js';

/** More than any reply that libvirt carries, plus the echo of the request. */
const OUTPUT_LIMIT_BYTES = 32 * 2 ** 20;
const ERROR_LIMIT_BYTES = 2 ** 20;

/** `>` for users without privileges and read-only connections. */
const PROMPT = /virsh [#>] $/;
/** The prompts of the authentication mechanisms. */
const LOGIN_PROMPT = /Please enter|authentication name|[Uu]sername: ?$/;

/**
 * English messages; readline must neither color, wrap nor change its input, and commands must not get into the user's
 * history. The folder of the history is also the cache of a daemon that virsh starts, so it must not start one.
 */
function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LC_ALL: 'C.UTF-8',
    LANGUAGE: '',
    TERM: 'dumb',
    INPUTRC: '/dev/null',
    VIRSH_HISTSIZE: '0',
    XDG_CACHE_HOME: '/dev/null',
    LIBVIRT_AUTOSTART: '0',
  };
}

/** Quotes an argument for a command line of virsh. It must have no control characters. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * An interactive virsh with one connection to libvirt, for one command at a time. A process for each command would be
 * slower, log in to a remote host each time, and show what is sent to guests in the list of processes.
 */
export class Virsh implements AsyncDisposable {
  readonly #program: Program;
  readonly #send: (bytes: Uint8Array) => Promise<void>;
  readonly #target: string;

  private constructor(program: Program, target: string) {
    this.#program = program;
    this.#send = sendQueue(target, program.stdin);
    this.#target = target;
  }

  /** Starts virsh and connects to libvirt; `uri` is `undefined` for the default of virsh. */
  static async connect(uri: string | undefined, target: string, deadline: Deadline): Promise<Virsh> {
    const args = ['-q', ...(uri === undefined ? [] : ['-c', uri])];
    const advice = { ENOENT: 'virsh not found; install it (Debian package libvirt-clients)' };
    const program = await openWith(target, advice, deadline.signal, () =>
      Program.start('virsh', args, environment()),
    );
    const virsh = new Virsh(program, target);
    try {
      await deadline.race(virsh.#waitForPrompt());
      return virsh;
    } catch (error) {
      await virsh[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a command, one line in the syntax of virsh. Returns its output and its errors, one per line. */
  async run(command: string): Promise<{ readonly output: Buffer; readonly errors: string }> {
    // Random, so that a guest cannot foresee it; quoted in two parts, so that the echo of the input does not contain it.
    const mark = randomBytes(12).toString('hex');
    const marked = `'${mark.slice(0, 12)}''${mark.slice(12)}'`;
    const out = new MarkedText(`b${mark}`, `e${mark}`, OUTPUT_LIMIT_BYTES);
    const err = new MarkedText('', `e${mark}`, ERROR_LIMIT_BYTES);
    const stop = new AbortController();
    const results = Promise.all([
      collect(this.#program.stdout, stop.signal, (chunk) => out.push(chunk)),
      collect(this.#program.stderr, stop.signal, (chunk) => err.push(chunk)),
    ]);
    // Awaited only once the command has been sent.
    results.catch(() => {});
    // virsh skips a whole line that it cannot parse, hence the second line. The unknown command in the third one marks the
    // end of the errors.
    const [begin, end] = [`echo 'b'${marked}`, `echo 'e'${marked}`];
    const lines = `${begin}; ${command}; ${end}\n${begin}; ${end}\n'e'${marked}\n`;
    try {
      await this.#send(Buffer.from(lines));
      const [text, complaints] = await results;
      this.#program.clearStderr();
      // The last line is the error for the mark.
      return { output: text, errors: complaints.toString().split('\n').slice(0, -1).join('\n') };
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw await this.#exitError();
      throw new GuestError('protocol', `${this.#target}: output of virsh: ${cause.message}`, { cause });
    } finally {
      stop.abort();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }

  async #waitForPrompt(): Promise<void> {
    let shown = '';
    const take = (chunk: Buffer): true | undefined => {
      shown = `${shown}${chunk}`.slice(-1000);
      if (LOGIN_PROMPT.test(shown)) {
        const reason = 'libvirt asks for a login; write name and password into ~/.config/libvirt/auth.conf';
        throw new GuestError('closed', `${this.#target}: ${reason}`);
      }
      return PROMPT.test(shown) || undefined;
    };
    try {
      await collect(this.#program.stdout, new AbortController().signal, take);
    } catch (error) {
      throw isGuestError(error) ? error : await this.#exitError();
    }
  }

  async #exitError(): Promise<GuestError> {
    const exit = await this.#program.describeExit();
    const reason = explainVirsh(this.#program.stderrText) ?? `virsh: ${exit}`;
    return new GuestError('closed', `${this.#target}: ${reason}`);
  }
}

/** Passes a stream's chunks to `take` until that returns a result; throws if the stream ends first. */
async function collect<T>(
  stream: Readable,
  signal: AbortSignal,
  take: (chunk: Buffer) => T | undefined,
): Promise<T> {
  if (!stream.closed) {
    for await (const [chunk] of on(stream, 'data', { signal, close: ['close'] })) {
      const result = take(chunk);
      if (result !== undefined) return result;
    }
  }
  throw new Error('the stream ended');
}
