import type { Clock, Transport } from '@guestwire/client';
import type { Answer, FakeAgent } from './fake-agent.js';
import type { FaultTable } from './fault-table.js';
import type { Step } from './faults.js';
import { RequestWatch } from './request-watch.js';

/** What the guest's end of all connections is made of. */
export interface GuestEndParts {
  readonly agent: FakeAgent;
  readonly faults: FaultTable;
  readonly clock: Clock;
  readonly keepsReplies: boolean;
  readonly onProblem: (error: unknown) => void;
}

/** A connection that is served. */
class Served {
  readonly end: Transport;
  readonly #ended = new AbortController();

  constructor(end: Transport) {
    this.end = end;
  }

  /** True once the guest has ended it. */
  get over(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Resolves when the host has taken the bytes; false if it has gone. */
  async send(bytes: Uint8Array): Promise<boolean> {
    if (this.over) return false;
    return await this.end.write(bytes).then(
      () => true,
      () => false,
    );
  }

  /** Waits on the clock, or until the guest ends the connection. */
  async wait(milliseconds: number, clock: Clock): Promise<void> {
    if (this.over) return;
    await new Promise<void>((resolve) => {
      const timer = clock.timer(milliseconds, resolve);
      this.#ended.signal.addEventListener('abort', () => {
        timer[Symbol.dispose]();
        resolve();
      });
    });
  }

  async hangUp(): Promise<void> {
    this.#ended.abort();
    await this.end[Symbol.asyncDispose]();
  }
}

/** The guest's end of its connections, one after the other: carries bytes to the agent, and its answers back. */
export class GuestEnd {
  readonly #parts: GuestEndParts;
  #served: Served | undefined;
  #turn: Promise<void> = Promise.resolve();
  /** Connections that wait for their turn. */
  #queued = 0;
  /** What goes out as soon as there is a host. */
  #unsaid: { readonly bytes: Uint8Array; readonly said: () => void }[] = [];
  /** What goes out before the next reply. */
  #later: Buffer[] = [];
  #firstByte: number | undefined;

  constructor(parts: GuestEndParts) {
    this.#parts = parts;
  }

  /** The first byte that ever arrived. */
  get firstByte(): number | undefined {
    return this.#firstByte;
  }

  /** Serves a host when those before it have gone. Resolves when its connection has ended. */
  serve(end: Transport): Promise<void> {
    const free = this.#queued === 0;
    this.#queued++;
    const turn = (free ? this.#serveNow(end) : this.#turn.then(() => this.#serveNow(end))).finally(() => {
      this.#queued--;
    });
    this.#turn = turn;
    return turn;
  }

  /** Sends bytes to the host, or to the next one. */
  async say(bytes: Uint8Array): Promise<void> {
    if (this.#served !== undefined) await this.#served.send(bytes);
    else await new Promise<void>((resolve) => this.#unsaid.push({ bytes, said: resolve }));
  }

  /** Ends the connection that is served. */
  async hangUp(): Promise<void> {
    await this.#served?.hangUp();
  }

  async #serveNow(end: Transport): Promise<void> {
    const served = new Served(end);
    this.#served = served;
    for (const { bytes, said } of this.#unsaid.splice(0)) void served.send(bytes).then(said);
    try {
      await this.#listen(served);
    } catch {
      // The connection broke: its host's own affair.
    } finally {
      this.#served = undefined;
      await served.hangUp();
    }
  }

  async #listen(served: Served): Promise<void> {
    const { agent, faults, clock } = this.#parts;
    const watch = new RequestWatch((command) => faults.interruptionsOf(command));
    for await (const chunk of served.end) {
      this.#firstByte ??= chunk[0];
      for (const { bytes, next } of watch.parts(chunk)) {
        agent.push(bytes);
        await this.#answer(served);
        if (next?.kind === 'wait') await served.wait(next.milliseconds, clock);
        if (next?.kind === 'hang up') await served.hangUp();
        if (served.over) return;
      }
    }
  }

  /** Answers every request that has come in whole. */
  async #answer(served: Served): Promise<void> {
    const { faults } = this.#parts;
    for (;;) {
      const answer = await this.#next(served);
      if (answer === undefined) return;
      const { request, bytes } = answer;
      await this.#play(
        served,
        request === undefined ? [{ kind: 'bytes', bytes }] : faults.stepsOf(request.name, bytes),
      );
    }
  }

  async #next(served: Served): Promise<Answer | undefined> {
    try {
      return await this.#parts.agent.next();
    } catch (error) {
      await served.hangUp();
      this.#parts.onProblem(error);
      return undefined;
    }
  }

  async #play(served: Served, steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      switch (step.kind) {
        case 'bytes':
          if (step.bytes.length === 0) break;
          for (const bytes of this.#later.splice(0)) await this.#send(served, bytes);
          await this.#send(served, step.bytes);
          break;
        case 'later':
          if (step.bytes.length > 0) this.#later.push(step.bytes);
          break;
        case 'wait':
          await served.wait(step.milliseconds, this.#parts.clock);
          break;
        case 'hang up':
          await served.hangUp();
          break;
      }
    }
  }

  async #send(served: Served, bytes: Buffer): Promise<void> {
    const taken = await served.send(bytes);
    if (!taken && this.#parts.keepsReplies) this.#unsaid.push({ bytes, said: () => {} });
  }
}
