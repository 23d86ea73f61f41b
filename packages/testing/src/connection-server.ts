import type { Clock, Transport } from '@guestwire/client';
import type { AgentReply, FakeAgent } from './fake-agent.js';
import type { FaultSet } from './fault-set.js';
import type { ReplyStep } from './faults.js';
import { RequestSplitter } from './request-splitter.js';

/** What a {@link ConnectionServer} needs. */
export interface ConnectionServerOptions {
  readonly agent: FakeAgent;
  readonly faults: FaultSet;
  readonly clock: Clock;
  readonly keepReplies: boolean;
  readonly onError: (error: unknown) => void;
}

/** The guest's end of one connection. */
class Connection {
  readonly transport: Transport;
  readonly #closing = new AbortController();

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** True once the guest has closed the connection. */
  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Resolves when the host has received the bytes; false if it has disconnected. */
  async send(bytes: Uint8Array): Promise<boolean> {
    if (this.closed) return false;
    return await this.transport.write(bytes).then(
      () => true,
      () => false,
    );
  }

  /** Waits on the clock, or until the guest closes the connection. */
  async wait(milliseconds: number, clock: Clock): Promise<void> {
    if (this.closed) return;
    await new Promise<void>((resolve) => {
      const timer = clock.timer(milliseconds, resolve);
      this.#closing.signal.addEventListener('abort', () => {
        timer[Symbol.dispose]();
        resolve();
      });
    });
  }

  async disconnect(): Promise<void> {
    this.#closing.abort();
    await this.transport[Symbol.asyncDispose]();
  }
}

/** Serves connections one after the other: passes input to the agent and sends its replies. */
export class ConnectionServer {
  readonly #options: ConnectionServerOptions;
  #current: Connection | undefined;
  /** The last connection in the queue, until it has been served. */
  #last: Promise<void> | undefined;
  /** Bytes to send as soon as a host connects. */
  #unsent: { readonly bytes: Uint8Array; readonly sent: () => void }[] = [];
  /** Bytes to send before the next reply. */
  #deferred: Buffer[] = [];
  /** The first byte received on any connection. */
  firstByte: number | undefined;

  constructor(options: ConnectionServerOptions) {
    this.#options = options;
  }

  /** Serves a connection after those before it. Resolves when it has ended. */
  serve(transport: Transport): Promise<void> {
    const before = this.#last;
    const served = (
      before === undefined ? this.#serveNow(transport) : before.then(() => this.#serveNow(transport))
    ).finally(() => {
      if (this.#last === served) this.#last = undefined;
    });
    this.#last = served;
    return served;
  }

  /** Sends bytes to the current host, or to the next one. */
  async send(bytes: Uint8Array): Promise<void> {
    if (this.#current !== undefined) await this.#current.send(bytes);
    else await new Promise<void>((resolve) => this.#unsent.push({ bytes, sent: resolve }));
  }

  /** Ends the current connection. */
  async disconnect(): Promise<void> {
    await this.#current?.disconnect();
  }

  async #serveNow(transport: Transport): Promise<void> {
    const connection = new Connection(transport);
    this.#current = connection;
    for (const { bytes, sent } of this.#unsent.splice(0)) void connection.send(bytes).then(sent);
    try {
      await this.#read(connection);
    } catch {
      // A broken connection concerns only its host.
    } finally {
      this.#current = undefined;
      await connection.disconnect();
    }
  }

  async #read(connection: Connection): Promise<void> {
    const { agent, faults } = this.#options;
    const splitter = new RequestSplitter((command) => faults.interruptions(command));
    for await (const chunk of connection.transport) {
      this.firstByte ??= chunk[0];
      for (const { bytes, next } of splitter.split(chunk)) {
        agent.push(bytes);
        await this.#answerAll(connection);
        if (next !== undefined) await this.#carryOut(connection, next);
        if (connection.closed) return;
      }
    }
  }

  /** Answers all complete requests. */
  async #answerAll(connection: Connection): Promise<void> {
    for (let reply = await this.#next(connection); reply; reply = await this.#next(connection)) {
      const { request, bytes } = reply;
      const steps: readonly ReplyStep[] =
        request === undefined
          ? [{ kind: 'bytes', bytes }]
          : this.#options.faults.replySteps(request.name, bytes);
      for (const step of steps) await this.#carryOut(connection, step);
    }
  }

  async #next(connection: Connection): Promise<AgentReply | undefined> {
    try {
      return await this.#options.agent.next();
    } catch (error) {
      await connection.disconnect();
      this.#options.onError(error);
      return undefined;
    }
  }

  async #carryOut(connection: Connection, step: ReplyStep): Promise<void> {
    if (step.kind === 'wait') await connection.wait(step.milliseconds, this.#options.clock);
    else if (step.kind === 'disconnect') await connection.disconnect();
    else if (step.bytes.length === 0) return;
    else if (step.kind === 'defer') this.#deferred.push(step.bytes);
    else {
      for (const bytes of [...this.#deferred.splice(0), step.bytes]) await this.#send(connection, bytes);
    }
  }

  async #send(connection: Connection, bytes: Buffer): Promise<void> {
    const isReceived = await connection.send(bytes);
    if (!isReceived && this.#options.keepReplies) this.#unsent.push({ bytes, sent: () => {} });
  }
}
