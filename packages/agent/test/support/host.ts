import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The host's end of a unix socket. */
export class Host implements Disposable {
  readonly socket: Socket;
  #text = '';
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#wake();
    });
    socket.on('error', () => {});
  }

  static async connect(path: string): Promise<Host> {
    const socket = connect({ path, allowHalfOpen: true });
    await once(socket, 'connect');
    return new Host(socket);
  }

  /** What has come so far and has not been taken. */
  get received(): string {
    return this.#text;
  }

  send(text: string): void {
    this.socket.write(Buffer.from(text, 'latin1'));
  }

  /** The next line, without its newline. Rejects if the agent closes before it is whole. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf('\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      if (this.#ended) throw new Error(`the agent closed after ${JSON.stringify(this.#text)}`);
      await this.#more();
    }
  }

  /** Sends a request and takes the next line. */
  async ask(request: string): Promise<string> {
    this.send(request);
    return this.line();
  }

  /** All that comes until the agent closes its side. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#more();
    return this.#text;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
