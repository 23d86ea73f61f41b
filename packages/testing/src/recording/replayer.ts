import { setImmediate as settled } from 'node:timers/promises';
import { type Clock, memoryTransports, type Transport } from '@guestwire/client';
import { MessageReader } from '@guestwire/protocol/wire';
import { IdMap } from './ids.js';
import type { Recording } from './recording.js';
import { type ComparedRequest, requestsIn } from './requests.js';

/** A running replay of a recording. */
export interface Replay extends AsyncDisposable {
  /** The host's end of the connection. */
  readonly host: Transport;
  /**
   * Resolves if the host has sent exactly the recorded requests. Disposing of the replay does the same.
   *
   * @throws {Error} that names the first request that differs
   */
  finish(): Promise<void>;
}

/** The options of {@link replay}. */
export interface ReplayOptions {
  /** Replays the delays of the guest by this clock; replies come at once if absent. */
  readonly clock?: Clock;
}

/** Bytes that the guest sent, and when. */
interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

interface RequestStep {
  readonly kind: 'request';
  readonly at: number;
  readonly request: ComparedRequest;
}

type ReplayStep =
  | RequestStep
  | { readonly kind: 'reply'; readonly pieces: Piece[] }
  | { readonly kind: 'guest ends' };

/** The bytes between two requests form one step, since an id may span several pieces. */
function stepsOf({ events }: Recording): readonly ReplayStep[] {
  const reader = new MessageReader();
  const steps: ReplayStep[] = [];
  for (const event of events) {
    const { at, by } = event;
    const last = steps.at(-1);
    if (event.kind === 'end') {
      if (by === 'guest') steps.push({ kind: 'guest ends' });
    } else if (by === 'host') {
      for (const request of requestsIn(event.bytes, reader)) steps.push({ kind: 'request', at, request });
    } else if (last?.kind === 'reply') {
      last.pieces.push({ at, bytes: event.bytes });
    } else {
      steps.push({ kind: 'reply', pieces: [{ at, bytes: event.bytes }] });
    }
  }
  return steps;
}

async function* requestsOf(end: Transport): AsyncGenerator<ComparedRequest, void, undefined> {
  const reader = new MessageReader();
  for await (const bytes of end) yield* requestsIn(bytes, reader);
}

function shorten({ text }: ComparedRequest): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Plays the guest until the recording or the connection ends. */
class Player {
  /** The first difference from the recording. */
  mismatch: Error | undefined;
  readonly #end: Transport;
  readonly #steps: readonly ReplayStep[];
  readonly #clock: Clock | undefined;
  readonly #ids = new IdMap();
  #requestCount = 0;
  /** The recorded time of the last event. */
  #at = 0;

  constructor(end: Transport, recording: Recording, clock: Clock | undefined) {
    this.#end = end;
    this.#steps = stepsOf(recording);
    this.#clock = clock;
  }

  async play(): Promise<void> {
    const requests = requestsOf(this.#end);
    for (const step of this.#steps) {
      if (step.kind === 'reply') await this.#send(step.pieces);
      else if (step.kind === 'guest ends') return;
      else if (!this.#compare(step, await requests.next())) return;
    }
    const extra = await requests.next();
    if (extra.done !== true) this.mismatch = this.#differs(undefined, shorten(extra.value));
  }

  /** An error if the host has not sent all recorded requests. */
  get missing(): Error | undefined {
    const [next] = this.#steps.filter((step) => step.kind === 'request').slice(this.#requestCount);
    return next === undefined ? undefined : this.#differs(next, 'nothing');
  }

  #differs(recorded: RequestStep | undefined, sent: string): Error {
    const time = recorded === undefined ? '' : ` (${recorded.at} ms)`;
    const expected = recorded === undefined ? 'has ended' : `has ${shorten(recorded.request)}`;
    const index = this.#requestCount + 1;
    return new Error(
      `host request ${index}${time} differs: the recording ${expected}, the host sent ${sent}`,
    );
  }

  #compare(step: RequestStep, next: IteratorResult<ComparedRequest, void>): boolean {
    if (next.done === true) return false;
    if (next.value.text !== step.request.text) {
      this.mismatch = this.#differs(step, shorten(next.value));
      return false;
    }
    this.#ids.add(step.request, next.value);
    this.#requestCount++;
    this.#at = step.at;
    return true;
  }

  async #send(pieces: readonly Piece[]): Promise<void> {
    const replies = this.#ids.apply(pieces.map(({ bytes }) => bytes));
    for (const [i, bytes] of replies.entries()) {
      const at = pieces[i]?.at ?? this.#at;
      await this.#wait(at - this.#at);
      this.#at = at;
      if (bytes.length > 0) await this.#end.write(bytes);
    }
  }

  async #wait(milliseconds: number): Promise<void> {
    const clock = this.#clock;
    if (clock === undefined || milliseconds <= 0) return;
    await new Promise<void>((resolve) => {
      clock.timer(milliseconds, resolve);
    });
  }
}

/**
 * Plays the guest's side of a recording to a host that sends the same requests. The `id` of a request and the argument of a
 * synchronization may differ: the replies have those of the host. At the first request that differs, the connection ends.
 *
 * ```ts
 * await using replayed = replay(parseRecording(await readFile('info.recording', 'utf8')));
 * await using guest = await openGuest(replayed.host);
 * await guest.call('guest-info');
 * ```
 */
export function replay(recording: Recording, { clock }: ReplayOptions = {}): Replay {
  const [host, end] = memoryTransports();
  const player = new Player(end, recording, clock);
  // A host that disconnects early is no error here: `missing` reports it.
  void player
    .play()
    .catch(() => {})
    .then(() => end[Symbol.asyncDispose]());
  const finish = async (): Promise<void> => {
    // Lets requests arrive that the host has already sent.
    await settled();
    const problem = player.mismatch ?? player.missing;
    await end[Symbol.asyncDispose]();
    if (problem !== undefined) throw problem;
  };
  return { host, finish, [Symbol.asyncDispose]: finish };
}
