import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { errnoText, pipe } from '@guestwire/posix';
import { OperationError } from '../operation-error.js';

/** The pipes of a process that is being started. Disposing closes the ends that were not taken. */
export class Pipes implements Disposable {
  readonly #ends = new Set<number>();

  /**
   * Opens a pipe: the end to read from, then the end to write to.
   * @throws {OperationError} with the bare text of the error, like qemu-ga
   */
  open(): readonly [from: number, to: number] {
    try {
      const [from, to] = pipe();
      this.#ends.add(from).add(to);
      return [from, to];
    } catch (cause) {
      throw new OperationError(errnoText(cause), { cause });
    }
  }

  /** Passes an end to the caller, who closes it. */
  take(end: number): number {
    this.#ends.delete(end);
    return end;
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) closeSync(end);
    this.#ends.clear();
  }
}

/** Writes data to a pipe in the background, and then closes it. */
export class InputFeed implements Disposable {
  readonly #socket: Socket;

  /**
   * @param fd the end of the pipe to write to
   * @param onEnd called once when `data` is not needed any more, with an error if not all of it could be written
   */
  constructor(fd: number, data: Buffer | string, onEnd: (error: Error | null) => void = () => {}) {
    this.#socket = new Socket({ fd, readable: false, writable: true });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => onEnd(this.#socket.errored));
    this.#socket.end(data);
  }

  get error(): Error | null {
    return this.#socket.errored;
  }

  /** Bytes that are not in the pipe yet. */
  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  /** Stops: data that has not been read is lost, and the reader sees the end. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
