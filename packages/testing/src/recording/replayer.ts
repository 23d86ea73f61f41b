import { setImmediate as settled } from 'node:timers/promises';
import { type Clock, memoryTransports, type Transport } from '@guestwire/client';
import { MessageReader } from '@guestwire/protocol/wire';
import type { Recording } from './recording.js';
import { type ComparedRequest, IdMap, requestsIn } from './requests.js';

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

async function sleep(clock: Clock, milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => void clock.timer(milliseconds, resolve));
}

function differs(index: number, recorded: RequestStep | undefined, sent: string): Error {
  const time = recorded === undefined ? '' : ` (${recorded.at} ms)`;
  const expected = recorded === undefined ? 'has ended' : `has ${shorten(recorded.request)}`;
  return new Error(`host request ${index}${time} differs: the recording ${expected}, the host sent ${sent}`);
}

/** Plays the guest until the recording or the connection ends. Returns a function that returns the first difference so far. */
function play(end: Transport, recording: Recording, clock: Clock | undefined): () => Error | undefined {
  const steps = stepsOf(recording);
  const expected = steps.filter((step) => step.kind === 'request');
  const ids = new IdMap();
  let mismatch: Error | undefined;
  let requestCount = 0;
  /** The recorded time of the last event. */
  let now = 0;

  const isExpected = (step: RequestStep, next: IteratorResult<ComparedRequest, void>): boolean => {
    if (next.done === true) return false;
    if (next.value.text !== step.request.text) {
      mismatch = differs(requestCount + 1, step, shorten(next.value));
      return false;
    }
    ids.add(step.request, next.value);
    requestCount++;
    now = step.at;
    return true;
  };
  const send = async (pieces: readonly Piece[]): Promise<void> => {
    const replies = ids.apply(pieces.map(({ bytes }) => bytes));
    for (const [i, bytes] of replies.entries()) {
      const at = pieces[i]?.at ?? now;
      if (clock !== undefined && at > now) await sleep(clock, at - now);
      now = at;
      if (bytes.length > 0) await end.write(bytes);
    }
  };
  const run = async (): Promise<void> => {
    const requests = requestsOf(end);
    for (const step of steps) {
      if (step.kind === 'reply') await send(step.pieces);
      else if (step.kind === 'guest ends') return;
      else if (!isExpected(step, await requests.next())) return;
    }
    const extra = await requests.next();
    if (extra.done !== true) mismatch = differs(requestCount + 1, undefined, shorten(extra.value));
  };
  // A host that disconnects early is no error here: its next request is missing.
  void run()
    .catch(() => {})
    .then(() => end[Symbol.asyncDispose]());
  return () => {
    const next = expected[requestCount];
    return mismatch ?? (next && differs(requestCount + 1, next, 'nothing'));
  };
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
  const difference = play(end, recording, clock);
  const finish = async (): Promise<void> => {
    // Lets requests arrive that the host has already sent.
    await settled();
    const problem = difference();
    await end[Symbol.asyncDispose]();
    if (problem !== undefined) throw problem;
  };
  return { host, finish, [Symbol.asyncDispose]: finish };
}
