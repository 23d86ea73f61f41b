import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { INPUT_SIZE_BYTES, OUTPUT_LIMIT_BYTES } from './buffers.js';
import { createBusyPoll } from './busy-poll.js';
import type { HostConnection } from './listening-transport.js';
import type { TransportListener } from './transport.js';

const busyPoll = createBusyPoll();

/** A client of a unix socket, from its first byte to its release. */
export class SocketConnection implements HostConnection {
  readonly #socket: Socket;
  readonly #fd: number | undefined;
  #listener: TransportListener | undefined;
  #onRelease: () => void;
  /** The client sends no more, and `end` was called. */
  #ended = false;
  /** The client is closed once the output is written. */
  #released = false;
  /** `write` returned false. */
  #blocked = false;

  /**
   * @param socket half-open, since a client may close its side and still wait for its replies
   * @param onRelease called once when the client is released and closed, so that its place is free
   * @param fd the socket's descriptor, if the runtime's file functions can write to it
   */
  constructor(socket: Socket, onRelease: () => void, fd?: number) {
    this.#socket = socket;
    this.#onRelease = onRelease;
    this.#fd = fd;
  }

  /** Returns the connection of a connected descriptor, which it closes. Its bytes take a short way around Node's streams. */
  static overDescriptor(fd: number, onRelease: () => void): SocketConnection {
    const buffer = Buffer.allocUnsafeSlow(INPUT_SIZE_BYTES);
    const callback = (length: number): boolean => {
      connection.#listener?.data(buffer.subarray(0, length));
      return true;
    };
    // Node's types lack some of the options.
    const socketOptions = {
      fd,
      allowHalfOpen: true,
      highWaterMark: OUTPUT_LIMIT_BYTES,
      onread: { buffer, callback },
    };
    const connection = new SocketConnection(new Socket(socketOptions), onRelease, fd);
    return connection;
  }

  serve(listener: TransportListener, paused: boolean): void {
    this.#listener = listener;
    const socket = this.#socket;
    // `close` follows.
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#listener?.data(chunk));
    socket.on('drain', () => this.#drain());
    socket.on('end', () => this.#end(false));
    socket.on('close', () => {
      this.#drain();
      if (this.#released) this.#leave();
      else this.#end(true);
    });
    if (socket.destroyed) this.#end(true);
    else if (paused) socket.pause();
    else socket.resume();
  }

  write(bytes: Buffer, onSent?: (bytes: Buffer) => void): boolean {
    const socket = this.#socket;
    if (socket.destroyed) return true;
    const written = socket.writableLength === 0 ? this.#writeNow(bytes) : 0;
    if (written === bytes.length) onSent?.(bytes);
    else {
      const accepted = socket.write(written === 0 ? bytes : bytes.subarray(written), () => onSent?.(bytes));
      this.#blocked = !accepted && socket.writableLength >= OUTPUT_LIMIT_BYTES;
    }
    busyPoll(bytes.length);
    return !this.#blocked;
  }

  /** Writes what the kernel takes at once. The socket reports errors, when it writes the rest. */
  #writeNow(bytes: Buffer): number {
    if (this.#fd === undefined) return 0;
    try {
      return writeSync(this.#fd, bytes);
    } catch {
      return 0;
    }
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#ended) this.#socket.resume();
  }

  release(): void {
    this.#released = true;
    if (this.#socket.destroyed) this.#leave();
    // `end` writes the output and then closes, since the other direction has ended.
    else this.#socket.end();
  }

  destroy(): void {
    this.#listener = undefined;
    this.#onRelease = () => {};
    this.#socket.destroy();
  }

  #leave(): void {
    const onRelease = this.#onRelease;
    this.#onRelease = () => {};
    onRelease();
  }

  #end(gone: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#listener?.end(gone);
  }

  #drain(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#listener?.drain();
  }
}
