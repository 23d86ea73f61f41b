import type { Random } from './random.js';

/** A step of what goes to the host in answer to a request. */
export type Step =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** Milliseconds during which the guest does nothing. */
  | { readonly kind: 'wait'; readonly milliseconds: number }
  /** The guest ends the connection. */
  | { readonly kind: 'hang up' }
  /** Goes out before the next reply. */
  | { readonly kind: 'later'; readonly bytes: Buffer };

/** What happens while a request comes in, once so many of its bytes were read. */
export interface Interruption {
  readonly after: number;
  readonly step: Step & { readonly kind: 'wait' | 'hang up' };
}

/** The request that a fault may meet. */
export interface Occasion {
  readonly command: string;
  /** The how-manieth request for this command it is, of those since the fault is there; from 1. */
  readonly nth: number;
  /** The how-manieth request of all. */
  readonly count: number;
  /** Numbers from the fake guest's seed. */
  readonly random: Random;
}

/**
 * Something that goes wrong on the way. Faults are applied in the order in which they are given, each to what
 * those before it made of the reply. Unless {@link on} says when, a fault meets every request.
 */
export interface Fault {
  /** Changes what goes to the host. */
  reply?(steps: readonly Step[], occasion: Occasion): readonly Step[];
  /** Happens before the request is read to its end. */
  request?(occasion: Occasion): readonly Interruption[];
}

/** Which requests a fault meets. */
export interface When {
  /** Those for these commands; for all, if absent. */
  readonly command?: string | readonly string[];
  /** Only the how-manieth of them, or several of them; the first is 1. */
  readonly nth?: number | readonly number[];
  /** Only some of them, by chance: 0 none, 1 all. */
  readonly chance?: number;
}

function includes<T>(chosen: T | readonly T[] | undefined, value: T): boolean {
  return chosen === undefined || (Array.isArray(chosen) ? chosen.includes(value) : chosen === value);
}

function meets({ command, nth, chance = 1 }: When, occasion: Occasion): boolean {
  return (
    includes(command, occasion.command) &&
    includes(nth, command === undefined ? occasion.count : occasion.nth) &&
    (chance >= 1 || occasion.random.next() < chance)
  );
}

/**
 * Limits faults to some requests: `on('guest-ping', lost())`, or `on({ command: 'guest-file-read', nth: 2 },
 * cut(10), hungUp())`. Several commands are counted each by itself.
 */
export function on(when: string | When, ...faults: readonly Fault[]): Fault {
  const which = typeof when === 'string' ? { command: when } : when;
  return {
    reply: (steps, occasion) =>
      meets(which, occasion)
        ? faults.reduce((changed, fault) => fault.reply?.(changed, occasion) ?? changed, steps)
        : steps,
    request: (occasion) =>
      faults.some((fault) => fault.request !== undefined) && meets(which, occasion)
        ? faults.flatMap((fault) => fault.request?.(occasion) ?? [])
        : [],
  };
}

function bytesStep(bytes: Uint8Array | string): Step {
  return {
    kind: 'bytes',
    bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes),
  };
}

/** The bytes of all steps, one after the other. */
function bytesOf(steps: readonly Step[]): Buffer {
  return Buffer.concat(steps.flatMap((step) => (step.kind === 'bytes' ? [step.bytes] : [])));
}

/** The reply comes so many milliseconds later; with two numbers, some time between them. */
export function delayed(milliseconds: number, atMost: number = milliseconds): Fault {
  return {
    reply: (steps, { random }) => [
      { kind: 'wait', milliseconds: milliseconds + (atMost - milliseconds) * random.next() },
      ...steps,
    ],
  };
}

/**
 * Something stands before the reply: garbage, a message that nobody asked for, half a reply to an earlier
 * host. Text is taken as Latin-1, so that `\xff` is one byte; a number is that many random bytes.
 */
export function preceded(by: string | Uint8Array | number): Fault {
  return {
    reply: (steps, { random }) => [bytesStep(typeof by === 'number' ? noise(by, random) : by), ...steps],
  };
}

/** Something follows the reply, as in {@link preceded}. */
export function followed(by: string | Uint8Array | number): Fault {
  return {
    reply: (steps, { random }) => [...steps, bytesStep(typeof by === 'number' ? noise(by, random) : by)],
  };
}

function noise(length: number, random: Random): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = random.below(256);
  return bytes;
}

/** The reply is another one: what the function makes of its text, which is Latin-1. */
export function rewritten(change: (reply: string) => string): Fault {
  return {
    reply: (steps) => [
      ...steps.filter((step) => step.kind !== 'bytes'),
      bytesStep(change(bytesOf(steps).toString('latin1'))),
    ],
  };
}

/** The reply ends after so many bytes; in the middle if no number is given. A negative number counts from its end. */
export function cut(at?: number): Fault {
  return {
    reply(steps) {
      const whole = steps.reduce((sum, step) => sum + (step.kind === 'bytes' ? step.bytes.length : 0), 0);
      let left = at === undefined ? Math.floor(whole / 2) : at < 0 ? Math.max(0, whole + at) : at;
      return steps.map((step) => {
        if (step.kind !== 'bytes') return step;
        const bytes = step.bytes.subarray(0, left);
        left -= bytes.length;
        return { kind: 'bytes', bytes };
      });
    },
  };
}

/** There is no reply, although the command was carried out. */
export function lost(): Fault {
  return cut(0);
}

/** The reply comes twice, at once. */
export function doubled(): Fault {
  return {
    reply: (steps) => [...steps, bytesStep(bytesOf(steps))],
  };
}

/** The reply comes once more before the next one, when the host waits for that. */
export function repeated(): Fault {
  return {
    reply: (steps) => [...steps, { kind: 'later', bytes: bytesOf(steps) }],
  };
}

/** The reply does not come now, but before the next one. */
export function late(): Fault {
  return {
    reply: (steps) => [{ kind: 'later', bytes: bytesOf(steps) }],
  };
}

/** The guest ends the connection after what it has said; after {@link cut}, in the middle of the reply. */
export function hungUp(): Fault {
  return {
    reply: (steps) => [...steps, { kind: 'hang up' }],
  };
}

/** What is said arrives in pieces of so many bytes. */
export function inPieces(size: number): Fault {
  if (!Number.isSafeInteger(size) || size < 1) throw new RangeError(`There are no pieces of ${size} bytes`);
  return {
    reply: (steps) =>
      steps.flatMap((step) => {
        if (step.kind !== 'bytes') return [step];
        const pieces: Step[] = [];
        for (let at = 0; at < step.bytes.length; at += size) {
          pieces.push({ kind: 'bytes', bytes: step.bytes.subarray(at, at + size) });
        }
        return pieces;
      }),
  };
}

/** Every byte arrives alone. */
export const byteByByte: Fault = inPieces(1);

/** What is said arrives in two pieces, the first of so many bytes. */
export function cutInTwo(at: number): Fault {
  return {
    reply(steps) {
      let left = at;
      return steps.flatMap((step) => {
        if (step.kind !== 'bytes') return [step];
        const here = Math.min(left, step.bytes.length);
        left -= here;
        return [step.bytes.subarray(0, here), step.bytes.subarray(here)]
          .filter((bytes) => bytes.length > 0)
          .map((bytes): Step => ({ kind: 'bytes', bytes }));
      });
    },
  };
}

/** So many bits of what is said are the wrong way round, each somewhere else. */
export function flipped(bits = 1): Fault {
  return {
    reply(steps, { random }) {
      const bytes = bytesOf(steps);
      if (bytes.length === 0) return steps;
      for (let i = 0; i < bits; i++) {
        const bit = random.below(bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      }
      let at = 0;
      return steps.map((step) => {
        if (step.kind !== 'bytes') return step;
        const changed = bytes.subarray(at, at + step.bytes.length);
        at += changed.length;
        return { kind: 'bytes', bytes: changed };
      });
    },
  };
}

const mebibyte = Buffer.alloc(2 ** 20, 'A');

/**
 * Instead of the reply comes one that holds a string of so many bytes, without its end if `endless`. The fake
 * guest itself does not hold it in memory.
 */
export function oversized(bytes: number, { endless = false } = {}): Fault {
  return {
    reply: (steps) => {
      const filling: Step[] = [];
      for (let left = bytes; left > 0; left -= mebibyte.length) {
        filling.push({ kind: 'bytes', bytes: mebibyte.subarray(0, left) });
      }
      return [
        ...steps.filter((step) => step.kind !== 'bytes'),
        bytesStep('{"return": "'),
        ...filling,
        ...(endless ? [] : [bytesStep('"}\n')]),
      ];
    },
  };
}

/** The guest stops reading for so many milliseconds, or for good, once it has read so many bytes of the request. */
export function stalled(milliseconds = Number.POSITIVE_INFINITY, { after = 0 } = {}): Fault {
  return {
    request: () => [{ after, step: { kind: 'wait', milliseconds } }],
  };
}

/** The guest ends the connection once it has read so many bytes of the request. */
export function hungUpInRequest(after = 0): Fault {
  return {
    request: () => [{ after, step: { kind: 'hang up' } }],
  };
}
