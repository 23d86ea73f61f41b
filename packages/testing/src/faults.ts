/** Returns a pseudo-random number in [0, 1). */
type Random = () => number;

/** One action of a fake guest when it answers a request. */
export type ReplyStep =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'wait'; readonly milliseconds: number }
  | { readonly kind: 'disconnect' }
  /** Bytes to send immediately before the next reply. */
  | { readonly kind: 'defer'; readonly bytes: Buffer };

/** An action in the middle of a request, after its first `after` bytes were read. */
export interface Interruption {
  readonly after: number;
  readonly step: ReplyStep & { readonly kind: 'wait' | 'disconnect' };
}

/** The request that a fault is applied to. */
export interface FaultContext {
  readonly command: string;
  /** 1-based index among the requests for this command since the fault was installed. */
  readonly nth: number;
  /** 1-based index among all requests since the fault was installed. */
  readonly count: number;
  /** Random numbers from the fake guest's seed. */
  readonly random: Random;
}

/**
 * A way in which replies or the connection misbehave. Faults are applied in order, each to the result of the previous one. Without
 * {@link when}, a fault applies to every request.
 */
export interface Fault {
  /** Returns the steps to carry out instead of `steps`. */
  reply?(steps: readonly ReplyStep[], context: FaultContext): readonly ReplyStep[];
  /** Returns what happens before the request is read completely. */
  request?(context: FaultContext): readonly Interruption[];
}

/** The requests that a fault applies to. */
export interface FaultCondition {
  /** One or several commands; all if absent. */
  readonly command?: string | readonly string[];
  /** One or several 1-based request indexes. Each command is counted separately, unless `command` is absent. */
  readonly nth?: number | readonly number[];
  /** Probability from 0 to 1; 1 if absent. */
  readonly chance?: number;
}

function includes<T>(chosen: T | readonly T[] | undefined, value: T): boolean {
  return chosen === undefined || (Array.isArray(chosen) ? chosen.includes(value) : chosen === value);
}

function matches({ command, nth, chance = 1 }: FaultCondition, context: FaultContext): boolean {
  return (
    includes(command, context.command) &&
    includes(nth, command === undefined ? context.count : context.nth) &&
    (chance >= 1 || context.random() < chance)
  );
}

/**
 * Limits faults to some requests: `when('guest-ping', dropReply())`, or `when({ command: 'guest-file-read', nth: 2 },
 * truncateReply(10), disconnectAfterReply())`.
 */
export function when(condition: string | FaultCondition, ...faults: readonly Fault[]): Fault {
  const wanted = typeof condition === 'string' ? { command: condition } : condition;
  return {
    reply: (steps, context) =>
      matches(wanted, context)
        ? faults.reduce((changed, fault) => fault.reply?.(changed, context) ?? changed, steps)
        : steps,
    request: (context) =>
      faults.some((fault) => fault.request !== undefined) && matches(wanted, context)
        ? faults.flatMap((fault) => fault.request?.(context) ?? [])
        : [],
  };
}

function bytesStep(bytes: Buffer): ReplyStep {
  return { kind: 'bytes', bytes };
}

function bytesOf(steps: readonly ReplyStep[]): Buffer {
  return Buffer.concat(steps.flatMap((step) => (step.kind === 'bytes' ? [step.bytes] : [])));
}

/** Replaces each piece of the reply, and keeps the other steps. */
function mapBytes(
  steps: readonly ReplyStep[],
  change: (bytes: Buffer) => readonly Buffer[],
): readonly ReplyStep[] {
  return steps.flatMap((step) => (step.kind === 'bytes' ? change(step.bytes).map(bytesStep) : [step]));
}

/** Replaces the whole reply, and puts the other steps before it. */
function replaceBytes(steps: readonly ReplyStep[], ...pieces: readonly Buffer[]): readonly ReplyStep[] {
  return [...steps.filter(({ kind }) => kind !== 'bytes'), ...pieces.map(bytesStep)];
}

/** Text is Latin-1, so that `\xff` is one byte; a number stands for that many random bytes. */
type FaultBytes = string | Uint8Array | number;

function stepOf(bytes: FaultBytes, random: Random): ReplyStep {
  if (typeof bytes === 'string') return bytesStep(Buffer.from(bytes, 'latin1'));
  if (typeof bytes !== 'number') return bytesStep(Buffer.from(bytes));
  return bytesStep(Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256))));
}

/**
 * Delays the reply by a number of milliseconds; with two numbers, by a random time between them. With `'until-next-reply'`, the
 * reply is sent immediately before the next one.
 */
export function delayReply(by: number | 'until-next-reply', atMost = by): Fault {
  if (typeof by !== 'number' || typeof atMost !== 'number') {
    return { reply: (steps) => [{ kind: 'defer', bytes: bytesOf(steps) }] };
  }
  return {
    reply: (steps, { random }) => [{ kind: 'wait', milliseconds: by + (atMost - by) * random() }, ...steps],
  };
}

/**
 * Sends bytes before the reply: garbage, an unrequested message, part of an earlier reply.
 *
 * @param bytes text is Latin-1, so that `\xff` is one byte; a number stands for that many random bytes
 */
export function prefixReply(bytes: FaultBytes): Fault {
  return { reply: (steps, { random }) => [stepOf(bytes, random), ...steps] };
}

/** Sends bytes after the reply; see {@link prefixReply}. */
export function suffixReply(bytes: FaultBytes): Fault {
  return { reply: (steps, { random }) => [...steps, stepOf(bytes, random)] };
}

/** Replaces the text of the reply, which is Latin-1. */
export function rewriteReply(change: (reply: string) => string): Fault {
  return {
    reply: (steps) => replaceBytes(steps, Buffer.from(change(bytesOf(steps).toString('latin1')), 'latin1')),
  };
}

/** Sends only the first `length` bytes of the reply; half of it if absent. A negative number counts from the end. */
export function truncateReply(length?: number): Fault {
  return {
    reply(steps) {
      const whole = steps.reduce((sum, step) => sum + (step.kind === 'bytes' ? step.bytes.length : 0), 0);
      let left = length === undefined ? whole >> 1 : length < 0 ? Math.max(0, whole + length) : length;
      return mapBytes(steps, (bytes) => {
        const kept = bytes.subarray(0, left);
        left -= kept.length;
        return [kept];
      });
    },
  };
}

/** Sends no reply, although the command was carried out. */
export function dropReply(): Fault {
  return truncateReply(0);
}

/** Sends the reply twice in a row. */
export function duplicateReply(): Fault {
  return { reply: (steps) => [...steps, bytesStep(bytesOf(steps))] };
}

/** Sends the reply, and sends it again immediately before the next one. */
export function resendReply(): Fault {
  return { reply: (steps) => [...steps, { kind: 'defer', bytes: bytesOf(steps) }] };
}

/** Ends the connection after the reply; after {@link truncateReply}, in the middle of it. */
export function disconnectAfterReply(): Fault {
  return { reply: (steps) => [...steps, { kind: 'disconnect' }] };
}

/** Sends the reply in pieces of `size` bytes; 1 delivers it byte by byte. */
export function fragmentReply(size: number): Fault {
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`cannot send pieces of ${size} bytes`);
  const piecesOf = (bytes: Buffer): Buffer[] =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    );
  return { reply: (steps) => mapBytes(steps, piecesOf) };
}

/** Sends the reply in two pieces, the first of `at` bytes. */
export function splitReply(at: number): Fault {
  return {
    reply(steps) {
      let left = at;
      return mapBytes(steps, (bytes) => {
        const first = Math.min(left, bytes.length);
        left -= first;
        return [bytes.subarray(0, first), bytes.subarray(first)].filter(({ length }) => length > 0);
      });
    },
  };
}

/** Inverts `bits` random bits of the reply. */
export function corruptReply(bits = 1): Fault {
  return {
    reply(steps, { random }) {
      const reply = bytesOf(steps);
      if (reply.length === 0) return steps;
      for (let i = 0; i < bits; i++) {
        const bit = Math.floor(random() * reply.length * 8);
        reply[bit >> 3] = (reply[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      }
      let at = 0;
      return mapBytes(steps, ({ length }) => {
        at += length;
        return [reply.subarray(at - length, at)];
      });
    },
  };
}

const filler = Buffer.alloc(2 ** 20, 'A');

/**
 * Replaces the reply with one that holds a string of `bytes` bytes; with `endless`, the end of the message is missing. The bytes are
 * never held in memory as a whole.
 */
export function oversizeReply(bytes: number, { endless = false } = {}): Fault {
  const pieces = [
    Buffer.from('{"return": "'),
    ...Array.from({ length: Math.ceil(bytes / filler.length) }, (_, i) =>
      filler.subarray(0, bytes - i * filler.length),
    ),
    Buffer.from(endless ? '' : '"}\n'),
  ];
  return { reply: (steps) => replaceBytes(steps, ...pieces) };
}

/** Stops reading for a number of milliseconds, or forever, after the first `after` bytes of the request. */
export function stallReading(milliseconds = Number.POSITIVE_INFINITY, { after = 0 } = {}): Fault {
  return { request: () => [{ after, step: { kind: 'wait', milliseconds } }] };
}

/** Ends the connection after the first `after` bytes of the request. */
export function disconnectDuringRequest(after = 0): Fault {
  return { request: () => [{ after, step: { kind: 'disconnect' } }] };
}
