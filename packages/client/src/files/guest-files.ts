import type { GuestCalls } from '../calls.js';
import { GuestError } from '../guest-error.js';
import { invalidArgument } from '../invalid-argument.js';
import { type CallOptions, type Deadline, startDeadline } from '../time.js';
import { ChunkSize, maxWriteBytes } from './chunk-size.js';
import { type CopyJob, Progress } from './copy/job.js';
import type { CopyOptions, CopySummary } from './copy/options.js';
import { GuestFile, type OpenMode } from './guest-file.js';
import { GuestShell } from './guest-shell.js';
import { replaceFile, withMode } from './partial.js';
import { chunksOf, type Source } from './source.js';
import { Transfer, withFile } from './transfer.js';

/** Receives the bytes transferred so far, and the size of the transfer if it is known. */
export type OnProgress = (bytes: number, total: number | undefined) => void;

/** The options of {@link GuestFiles.readFile}. */
export interface ReadFileOptions extends CallOptions {
  /** The largest size in bytes that is accepted; 256 MiB if absent. */
  readonly maxSize?: number;
  readonly onProgress?: OnProgress;
}

/** The options of {@link GuestFiles.writeFile}. */
export interface WriteFileOptions extends CallOptions {
  /** Appends to the file instead of replacing its contents. */
  readonly append?: boolean;
  /** Permissions of the file. If absent, a new file has 0666, as the agent creates it. */
  readonly mode?: number;
  /**
   * Writes to a folder `.guestwire-partial` beside the file and renames the complete file. Without `mode`, an existing file keeps
   * its permissions and a new one has 0644.
   */
  readonly atomic?: boolean;
  readonly onProgress?: OnProgress;
}

const DEFAULT_MAX_SIZE_BYTES = 256 * 2 ** 20;

/** The files of a guest. */
export class GuestFiles {
  readonly #guest: GuestCalls;

  /** @internal Use `guest.files`. */
  constructor(guest: GuestCalls) {
    this.#guest = guest;
  }

  /**
   * Opens a file in the guest. The agent follows links; modes that create a file give it permissions 0666.
   *
   * @param path relative to the agent's working directory unless absolute
   * @throws {GuestError} `command` if it cannot be opened
   */
  async open(path: string, mode: OpenMode = 'r', options?: CallOptions): Promise<GuestFile> {
    const handle = await this.#guest.call('guest-file-open', { path, mode }, options);
    return new GuestFile(this.#guest, path, handle);
  }

  /**
   * Reads a whole file.
   *
   * @throws {GuestError} `command` if it cannot be read or is larger than `maxSize`
   */
  async readFile(path: string, options: ReadFileOptions = {}): Promise<Buffer> {
    const { maxSize = DEFAULT_MAX_SIZE_BYTES, onProgress } = options;
    using deadline = this.#deadline(`reading ${path}`, 'guest-file-read', options);
    const callOptions = { signal: deadline.signal };
    return await withFile(this.open(path, 'r', callOptions), async (file) => {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of file.chunks(callOptions)) {
        size += chunk.length;
        if (size > maxSize) {
          const message = `${path} is longer than ${maxSize} bytes: raise maxSize, or read it as a stream`;
          throw new GuestError('command', message, { command: 'guest-file-read' });
        }
        chunks.push(chunk);
        onProgress?.(size, undefined);
      }
      return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks, size);
    });
  }

  /**
   * Writes a whole file. `mode` and `atomic` need a guest that runs programs (`guest-exec`).
   *
   * @param data must not change until the promise settles
   * @throws {GuestError} `command` if it cannot be written; `unsupported` or `disabled`, before anything is written, if the agent
   * does not run the programs that `mode` and `atomic` need
   * @throws {TypeError} if the data are not bytes, or `append` and `atomic` are combined
   */
  async writeFile(path: string, data: Source, options: WriteFileOptions = {}): Promise<{ bytes: number }> {
    const { append = false, mode, atomic = false } = options;
    if (append && atomic) throw invalidArgument('append and atomic cannot be combined');
    using deadline = this.#deadline(`writing ${path}`, 'guest-file-write', options);
    const callOptions = { signal: deadline.signal };
    const total = data instanceof Uint8Array ? data.length : undefined;
    const sent = (_: number, bytes: number): void => options.onProgress?.(bytes, total);
    const chunk = new ChunkSize(maxWriteBytes(this.#guest.messageLimits));
    const write = async (to: string): Promise<{ bytes: number }> => {
      const bytes = await withFile(this.open(to, append ? 'a' : 'w', callOptions), (file) => {
        const batches = chunksOf(data, () => chunk.pipelineBytes);
        const transfer = new Transfer(this.#guest, file, chunk, callOptions);
        return transfer.send(append ? undefined : 0, batches, { sent });
      });
      return { bytes };
    };
    const shell = new GuestShell(this.#guest, callOptions);
    if (atomic) return await replaceFile(shell, path, mode, write);
    if (mode !== undefined) return await withMode(shell, path, mode, () => write(path));
    return await write(path);
  }

  /**
   * Copies a local file or folder into the guest.
   *
   * A file is written to a folder `.guestwire-partial` beside its destination, verified by its SHA-256 and then renamed, so the
   * destination is never incomplete. After an interruption the same call resumes. Names, permissions and links are copied;
   * owners, times, set-user-ID and set-group-ID bits are not.
   *
   * A destination that ends in `/` is a folder to copy into. An existing folder is one too if the source is a file; a folder that
   * is copied to an existing folder is merged with it.
   *
   * Copies need a guest that runs programs (`guest-exec`) with a POSIX shell. Without one, only single files can be copied: in
   * place, without permissions, verified by being read back.
   *
   * @throws {GuestError} `command` if the guest fails; `protocol` if the copy differs from the source; `aborted`, `timeout`
   * @throws {Error} of the local filesystem, with its `code`
   * @throws {TypeError} if the source is a folder and `recursive` is not set
   */
  copyTo(localPath: string, guestPath: string, options: CopyOptions = {}): Promise<CopySummary> {
    return this.#copy(`copying ${localPath}`, options, async (job) => {
      const { copyTo } = await import('./copy/copy-to.js');
      await copyTo(job, localPath, guestPath);
    });
  }

  /**
   * Copies a file or folder of the guest to this machine, with the rules of {@link copyTo}.
   *
   * The guest is not trusted: nothing is written outside `localPath` or through a link, not even one that an earlier copy created.
   * Copied links may have any target: do not follow links in what a guest has sent.
   */
  copyFrom(guestPath: string, localPath: string, options: CopyOptions = {}): Promise<CopySummary> {
    return this.#copy(`copying ${guestPath}`, options, async (job) => {
      const { copyFrom } = await import('./copy/copy-from.js');
      await copyFrom(job, guestPath, localPath);
    });
  }

  async #copy(
    what: string,
    options: CopyOptions,
    copy: (job: CopyJob) => Promise<void>,
  ): Promise<CopySummary> {
    const { chunkSize } = options;
    if (chunkSize !== undefined && !(Number.isSafeInteger(chunkSize) && chunkSize > 0)) {
      throw new RangeError(`chunkSize must be a positive integer, not ${chunkSize}`);
    }
    using deadline = this.#deadline(what, 'guest-file-open', options);
    const guest = this.#guest;
    const ended = new AbortController();
    const callOptions = { signal: AbortSignal.any([deadline.signal, ended.signal]) };
    const { verify = true, resume = true, preserveMode = true } = options;
    const progress = new Progress(guest.clock, options.onProgress);
    const shell = new GuestShell(guest, callOptions);
    const open: CopyJob['open'] = (path, mode) => this.open(path, mode, callOptions);
    try {
      await copy({ guest, shell, open, callOptions, options, verify, resume, preserveMode, progress });
      return progress.summary(verify);
    } finally {
      // Aborts checksums that a failed copy has left running.
      ended.abort();
    }
  }

  #deadline(what: string, command: string, options: CallOptions): Deadline {
    return startDeadline(options, what, command, this.#guest.clock);
  }
}
