import { Socket } from 'node:net';

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

  /** Why writing has failed, if it has. */
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
