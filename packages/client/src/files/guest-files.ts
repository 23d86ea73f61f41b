import type { GuestCalls } from '../calls.js';
import { type CallOptions, type Deadline, startDeadline } from '../deadline.js';
import { GuestError } from '../guest-error.js';
import { ChunkSize, mostPerWrite } from './chunk-size.js';
import type { Job } from './copy/job.js';
import type { CopyOptions, CopySummary } from './copy/options.js';
import { Progress } from './copy/progress.js';
import { GuestFile } from './guest-file.js';
import { replacing, withMode } from './partial.js';
import { chunksOf, type Source } from './source.js';
import { sendAll, using } from './transfer.js';

/** How a file is opened, in the words of C (qemu-ga §5.7); a `b` changes nothing. */
export type OpenMode =
  | 'r'
  | 'w'
  | 'a'
  | 'r+'
  | 'w+'
  | 'a+'
  | 'rb'
  | 'wb'
  | 'ab'
  | 'rb+'
  | 'wb+'
  | 'ab+'
  | 'r+b'
  | 'w+b'
  | 'a+b';

/** How far a transfer is: bytes so far, and bytes in all where that is known. */
export type OnProgress = (bytes: number, total: number | undefined) => void;

/** How a file is read at once. */
export interface ReadFileOptions extends CallOptions {
  /** The most bytes that are taken; 256 MiB if absent. A longer file is an error. */
  readonly maxSize?: number;
  readonly onProgress?: OnProgress;
}

/** How a file is written at once. */
export interface WriteFileOptions extends CallOptions {
  /** Adds to the end of the file instead of replacing what it holds. */
  readonly append?: boolean;
  /** The permissions that it gets. A file that the agent creates is everybody's to read and write (0666) if absent. */
  readonly mode?: number;
  /**
   * Writes to a folder `.guestwire-partial` beside the file, and puts it in place when all is there. The old file keeps
   * its mode, a new one has 0644, unless `mode` is given.
   */
  readonly atomic?: boolean;
  readonly onProgress?: OnProgress;
}

const DEFAULT_MAX_SIZE = 256 * 2 ** 20;

/** The files of a guest. */
export class GuestFiles {
  readonly #guest: GuestCalls;

  /** @internal Use `guest.files`. */
  constructor(guest: GuestCalls) {
    this.#guest = guest;
  }

  /**
   * Opens a file in the guest; the agent follows links, and creates it where `mode` says so, for everybody to read and write.
   *
   * @param path a relative one starts at the agent's working directory
   * @throws {GuestError} `command` if it cannot be opened
   */
  async open(path: string, mode: OpenMode = 'r', limits?: CallOptions): Promise<GuestFile> {
    const handle = await this.#guest.call('guest-file-open', { path, mode }, limits);
    return new GuestFile(this.#guest, path, handle);
  }

  /**
   * Reads a whole file.
   *
   * @throws {GuestError} `command` if it cannot be read, or is longer than `maxSize`
   */
  async readFile(path: string, options: ReadFileOptions = {}): Promise<Buffer> {
    const { maxSize = DEFAULT_MAX_SIZE, onProgress } = options;
    using deadline = this.#deadline(`reading ${path}`, 'guest-file-read', options);
    const limits = { signal: deadline.signal };
    return await using(this.open(path, 'r', limits), async (file) => {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of file.chunks(limits)) {
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
   * Writes a whole file. A mode, and writing in one step, take a guest that runs programs (`guest-exec`).
   *
   * @param data must not change meanwhile
   * @throws {GuestError} `command` if it cannot be written; `unsupported`, `disabled` if that takes programs in the guest
   * which its agent does not run. Then nothing has been written.
   * @throws {TypeError} if the data are none, or the options contradict each other
   */
  async writeFile(path: string, data: Source, options: WriteFileOptions = {}): Promise<{ bytes: number }> {
    const { append = false, mode, atomic = false } = options;
    if (append && atomic)
      throw new TypeError('a file cannot be added to in one step: leave out append or atomic');
    using deadline = this.#deadline(`writing ${path}`, 'guest-file-write', options);
    const limits = { signal: deadline.signal };
    const write = (to: string): Promise<{ bytes: number }> =>
      this.#write(to, append ? 'a' : 'w', data, limits, options.onProgress);
    if (atomic) return await replacing(this.#guest, path, mode, limits, write);
    if (mode !== undefined) return await withMode(this.#guest, path, mode, limits, () => write(path));
    return await write(path);
  }

  /**
   * Copies a file or a folder of this machine into the guest.
   *
   * A file grows in a folder `.guestwire-partial` beside its place, is compared by its SHA-256 and then renamed, so nobody sees half
   * a file. After an interruption the same call goes on where it ended. Names, permissions and links are copied; owners and times are not,
   * nor are the bits by which a program gets another's rights.
   *
   * A path that ends in `/` is a folder to copy into. So is one where there is a folder, but only for a file: a folder that is
   * copied once more is to end in the same place.
   *
   * This takes a guest that runs programs (`guest-exec`) with a POSIX shell. One that does not is still sent single files: in their place,
   * without permissions, verified by being read back.
   *
   * @throws {GuestError} `command` if the guest cannot; `protocol` if what arrived is not what was sent; `aborted`, `timeout`
   * @throws {Error} of the local filesystem, with its `code`
   * @throws {TypeError} if a folder is to be copied without `recursive`
   */
  copyTo(localPath: string, guestPath: string, options: CopyOptions = {}): Promise<CopySummary> {
    return this.#copy(`copying ${localPath}`, options, async (job) => {
      const { copyTo } = await import('./copy/copy-to.js');
      return await copyTo(job, localPath, guestPath);
    });
  }

  /**
   * Copies a file or a folder of the guest to this machine; all that is said of {@link copyTo} holds the other way round.
   *
   * The guest is not trusted: nothing is written outside of `localPath`, nor through a link, be it one that the guest had put there
   * with an earlier copy. A link that is copied may lead anywhere: do not follow links in what a guest gave you.
   */
  copyFrom(guestPath: string, localPath: string, options: CopyOptions = {}): Promise<CopySummary> {
    return this.#copy(`copying ${guestPath}`, options, async (job) => {
      const { copyFrom } = await import('./copy/copy-from.js');
      return await copyFrom(job, guestPath, localPath);
    });
  }

  async #copy(
    what: string,
    options: CopyOptions,
    copy: (job: Job) => Promise<CopySummary>,
  ): Promise<CopySummary> {
    const { chunkSize } = options;
    if (chunkSize !== undefined && !(Number.isSafeInteger(chunkSize) && chunkSize > 0)) {
      throw new RangeError(`${chunkSize} is no size of a chunk`);
    }
    using deadline = this.#deadline(what, 'guest-file-open', options);
    const guest = this.#guest;
    const over = new AbortController();
    const limits = { signal: AbortSignal.any([deadline.signal, over.signal]) };
    const progress = new Progress(guest.clock, options.onProgress);
    try {
      return await copy({ guest, files: this, limits, options, progress });
    } finally {
      // What a copy that failed has still under way in the guest.
      over.abort();
    }
  }

  async #write(
    path: string,
    mode: OpenMode,
    data: Source,
    limits: CallOptions,
    onProgress: OnProgress | undefined,
  ): Promise<{ bytes: number }> {
    const total = data instanceof Uint8Array ? data.length : undefined;
    const size = new ChunkSize(mostPerWrite(this.#guest.messageLimits));
    const bytes = await using(this.open(path, mode, limits), (file) =>
      sendAll(
        { guest: this.#guest, file, size, limits },
        mode === 'w' ? 0 : undefined,
        chunksOf(data, () => size.portion),
        { sent: (_, bytes) => onProgress?.(bytes, total) },
      ),
    );
    return { bytes };
  }

  #deadline(what: string, command: string, limits: CallOptions): Deadline {
    return startDeadline({ timeout: Number.POSITIVE_INFINITY, ...limits }, what, command, this.#guest.clock);
  }
}
