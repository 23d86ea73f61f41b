import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Deadline } from '../../deadline.js';
import { GuestError, isGuestError } from '../../guest-error.js';
import { codeOf } from '../error-code.js';
import { Program } from '../program.js';
import { Outgoing } from '../stream.js';
import { Between } from './between.js';
import { explainVirsh } from './virsh-text.js';

/** What virsh has to say to one command. */
export interface VirshAnswer {
  /** Its output, and nothing else. */
  readonly output: Buffer;
  /** Its errors, a line each. Empty if there were none. */
  readonly errors: string;
}

/** More than any answer that libvirt carries, with what virsh shows of its input. */
const OUTPUT_LIMIT = 32 * 2 ** 20;
const ERROR_LIMIT = 2 ** 20;

/** What virsh prompts with; `>` if the user has no privilege, or the connection may only read. */
const PROMPT = /virsh [#>] $/;
/** What it asks for at a connection that wants a name, in whatever words the mechanism has. */
const QUESTION = /Please enter|authentication name|[Uu]sername: ?$/;
const NO_QUESTIONS =
  'libvirt asks for a name, which cannot be answered here. Write name and password into ~/.config/libvirt/auth.conf';

/**
 * Its words must be those that we know; readline must neither colour, wrap nor change what it is fed; and what we
 * feed it must not get into the user's history, nor replace that. The folder of the history would also be
 * the cache of a daemon that virsh starts by itself, so it starts none; who has guests has one.
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

/** A word that virsh takes as it is. It must have no control characters. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * One virsh with one connection to libvirt, which is fed command after command: a process for each would take
 * longer, log in at a remote host each time, and show to every user of this machine, in the list of processes, what
 * is sent to guests.
 *
 * It carries out one command at a time; whoever asks must wait for the answer before he asks again.
 */
export class Virsh implements AsyncDisposable {
  readonly #program: Program;
  readonly #outgoing: Outgoing;
  readonly #target: string;

  private constructor(program: Program, target: string) {
    this.#program = program;
    this.#outgoing = new Outgoing(target, program.stdin);
    this.#target = target;
  }

  /**
   * Connects.
   *
   * @param uri the libvirt's; `undefined` for the one that virsh finds by itself
   * @param target what messages name
   * @throws {GuestError} `closed`, whose message says what to look at, or the deadline's reason
   */
  static async connect(uri: string | undefined, target: string, deadline: Deadline): Promise<Virsh> {
    deadline.throwIfOver();
    let program: Program;
    try {
      program = await Program.start(
        'virsh',
        ['-q', ...(uri === undefined ? [] : ['-c', uri])],
        environment(),
      );
    } catch (cause) {
      const reason =
        codeOf(cause) === 'ENOENT'
          ? 'there is no virsh here. Install it: the Debian package is libvirt-clients'
          : `virsh could not be started: ${cause instanceof Error ? cause.message : cause}`;
      throw new GuestError('closed', `${target}: ${reason}`, { cause });
    }
    const virsh = new Virsh(program, target);
    try {
      await deadline.race(virsh.#prompted());
      return virsh;
    } catch (error) {
      await virsh[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Carries out a command.
   *
   * @param command in virsh's own syntax, in one line
   * @throws {GuestError} `closed` if virsh ends instead
   */
  async run(command: string): Promise<VirshAnswer> {
    // Not to be foreseen by a guest, and not to be found in what virsh shows of its input.
    const mark = randomBytes(12).toString('hex');
    const marked = `'${mark.slice(0, 12)}''${mark.slice(12)}'`;
    const [out, err] = [
      new Between(`b${mark}`, `e${mark}`, OUTPUT_LIMIT),
      new Between('', `e${mark}`, ERROR_LIMIT),
    ];
    const output = collect(this.#program.stdout, (chunk) => out.push(chunk));
    const errors = collect(this.#program.stderr, (chunk) => err.push(chunk));
    // What cannot be parsed is not carried out at all, so the marks come once more. Of a command that it does not
    // know virsh says that it does not know it.
    const [begin, end] = [`echo 'b'${marked}`, `echo 'e'${marked}`];
    const lines = `${begin}; ${command}; ${end}
${begin}; ${end}
'e'${marked}
`;
    try {
      await this.#outgoing.send(Buffer.from(lines));
      const [text, complaint] = await Promise.all([output.done, errors.done]);
      // The last line is the complaint about the mark.
      this.#program.forgetSaid();
      return { output: text, errors: complaint.toString().split('\n').slice(0, -1).join('\n') };
    } catch (error) {
      if (error instanceof RangeError) {
        throw new GuestError('protocol', `${this.#target}: virsh answered with ${error.message}`, {
          cause: error,
        });
      }
      throw await this.#ended();
    } finally {
      output.stop();
      errors.stop();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }

  async #prompted(): Promise<void> {
    let shown = '';
    const { done, stop } = collect(this.#program.stdout, (chunk) => {
      shown = `${shown}${chunk}`.slice(-1000);
      if (QUESTION.test(shown)) throw new GuestError('closed', `${this.#target}: ${NO_QUESTIONS}`);
      return PROMPT.test(shown) ? true : undefined;
    });
    try {
      await done;
    } catch (error) {
      throw isGuestError(error) ? error : await this.#ended();
    } finally {
      stop();
    }
  }

  async #ended(): Promise<GuestError> {
    const ending = await this.#program.ending();
    return new GuestError(
      'closed',
      `${this.#target}: ${explainVirsh(this.#program.said) ?? `virsh: ${ending}`}`,
    );
  }
}

interface Collection<T> {
  readonly done: Promise<T>;
  stop(): void;
}

/** Gives a stream's chunks to `take` until that gives something; rejects if it throws, or if the stream ends before. */
function collect<T>(stream: Readable, take: (chunk: Buffer) => T | undefined): Collection<T> {
  let stop = (): void => {};
  const done = new Promise<T>((resolve, reject) => {
    const data = (chunk: Buffer): void => {
      try {
        const taken = take(chunk);
        if (taken !== undefined) resolve(taken);
      } catch (error) {
        reject(error);
      }
    };
    const end = (): void => reject(new Error('the stream ended'));
    stop = () => void stream.off('data', data).off('close', end);
    stream.on('data', data).on('close', end);
    if (stream.closed) end();
  });
  // Who waits for two of them is told of the first that fails; the other has no more to say.
  done.catch(() => {});
  return { done, stop: () => stop() };
}
