import { type Clock, memoryTransports, type Transport } from '@guestwire/client';
import { IdMap } from './ids.js';
import type { Recording } from './recording.js';
import { type ComparedRequest, RequestReader } from './requests.js';

/** A recording that is played to a host. */
export interface Replay extends AsyncDisposable {
  /** The host's end of the connection. */
  readonly host: Transport;
  /**
   * Resolves if the host has asked for all that is recorded, and for nothing else. Leaving the scope of the replay
   * asks the same.
   *
   * @throws {Error} that says where the host departed from the recording
   */
  finish(): Promise<void>;
}

/** How a recording is played. */
export interface ReplayOptions {
  /** Answers after as much time as the guest took; at once, if absent. */
  readonly clock?: Clock;
}

/** Something that the guest said, and when. */
interface Piece {
  readonly at: number;
  readonly bytes: Buffer;
}

/** What happens next: the host asks, the guest says something, or the guest ends the connection. */
type Step =
  | { readonly kind: 'asked'; readonly at: number; readonly request: ComparedRequest }
  | { readonly kind: 'said'; readonly pieces: Piece[] }
  | { readonly kind: 'guest ends' };

/** The guest's part. What it said between two requests is one step, since an id may stand across pieces. */
function stepsOf({ events }: Recording): readonly Step[] {
  const reader = new RequestReader();
  const steps: Step[] = [];
  for (const event of events) {
    const { at, by } = event;
    const last = steps.at(-1);
    if (event.kind === 'end') {
      if (by === 'guest') steps.push({ kind: 'guest ends' });
    } else if (by === 'host') {
      reader.push(event.bytes);
      for (let request = reader.next(); request !== undefined; request = reader.next()) {
        steps.push({ kind: 'asked', at, request });
      }
    } else if (last?.kind === 'said') {
      last.pieces.push({ at, bytes: event.bytes });
    } else {
      steps.push({ kind: 'said', pieces: [{ at, bytes: event.bytes }] });
    }
  }
  return steps;
}

async function* requestsOf(end: Transport): AsyncGenerator<ComparedRequest, void, undefined> {
  const reader = new RequestReader();
  for await (const bytes of end) {
    reader.push(bytes);
    for (let request = reader.next(); request !== undefined; request = reader.next()) yield request;
  }
}

function shown({ text }: ComparedRequest): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function departed(asked: number, at: string, what: string): Error {
  return new Error(`The host departed from the recording at its request ${asked}${at}: ${what}`);
}

/** Plays the guest until the recording or the connection ends. */
class Player {
  /** Why the host is not served any more. */
  departure: Error | undefined;
  readonly #end: Transport;
  readonly #steps: readonly Step[];
  readonly #clock: Clock | undefined;
  readonly #ids = new IdMap();
  #asked = 0;
  #at = 0;

  constructor(end: Transport, recording: Recording, clock: Clock | undefined) {
    this.#end = end;
    this.#steps = stepsOf(recording);
    this.#clock = clock;
  }

  async play(): Promise<void> {
    const requests = requestsOf(this.#end);
    for (const step of this.#steps) {
      if (step.kind === 'said') await this.#say(step.pieces);
      else if (step.kind === 'guest ends') return;
      else if (!this.#compare(step, await requests.next())) return;
    }
    const more = await requests.next();
    if (more.done !== true) {
      const what = `the recording has ended, the host asked for ${shown(more.value)}`;
      this.departure = departed(this.#asked + 1, '', what);
    }
  }

  /** What the recording has and the host has not asked for. */
  get missing(): Error | undefined {
    const [next] = this.#steps.filter((step) => step.kind === 'asked').slice(this.#asked);
    return next === undefined
      ? undefined
      : departed(
          this.#asked + 1,
          ` (${next.at} ms)`,
          `the recording has ${shown(next.request)}, the host asked for nothing`,
        );
  }

  #compare(step: Step & { readonly kind: 'asked' }, next: IteratorResult<ComparedRequest, void>): boolean {
    if (next.done === true) return false;
    const { request, at } = step;
    if (next.value.text !== request.text) {
      const what = `the recording has ${shown(request)}, the host asked for ${shown(next.value)}`;
      this.departure = departed(this.#asked + 1, ` (${at} ms)`, what);
      return false;
    }
    this.#ids.learn(request, next.value);
    this.#asked++;
    this.#at = at;
    return true;
  }

  async #say(pieces: readonly Piece[]): Promise<void> {
    const said = this.#ids.apply(pieces.map(({ bytes }) => bytes));
    for (const [i, bytes] of said.entries()) {
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
 * Plays the guest's side of a recording to a host that asks for the same again. The `id` of a request and the
 * number of a synchronisation may differ: the guest gives back those of the host. Where the host asks for
 * something else, the connection ends.
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
  // A host that has gone is not told anything; what it did not ask for is found out at the end.
  void player
    .play()
    .catch(() => {})
    .then(() => end[Symbol.asyncDispose]());
  const finish = async (): Promise<void> => {
    // What the host has sent by now is still looked at.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    const problem = player.departure ?? player.missing;
    await end[Symbol.asyncDispose]();
    if (problem !== undefined) throw problem;
  };
  return { host, finish, [Symbol.asyncDispose]: finish };
}
