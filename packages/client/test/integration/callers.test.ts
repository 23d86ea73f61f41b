import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Guest, GuestError, type GuestErrorCode, type Transport } from '@guestwire/client';
import { WireObject } from '@guestwire/protocol';
import {
  corruptReply,
  delayReply,
  disconnectAfterReply,
  disconnectDuringRequest,
  dropReply,
  duplicateReply,
  type Fault,
  fakeGuest,
  fragmentReply,
  type ManualClock,
  manualClock,
  prefixReply,
  resendReply,
  stallReading,
  suffixReply,
  truncateReply,
  when,
} from '@guestwire/testing';
import fc from 'fast-check';

/** A caller with a unique request: the time of its call, its time limit, and when it aborts. All in milliseconds. */
interface Caller {
  readonly at: number;
  readonly timeout: number;
  readonly givesUpAfter: number | undefined;
}

/** A fault for the request with this index. */
interface Mishap {
  readonly nth: number;
  readonly kind: keyof typeof faults;
  readonly size: number;
}

/** Replies to other requests, errors without a cause, and messages that are not replies. */
const strangeTexts = [
  '{"return": {"echo": "a stranger\'s question"}}\n',
  '{"return": {"echo": "a stranger\'s question"}, "id": 1}\n',
  '\xff{"return": 5}\n',
  '{"error": {"class": "GenericError", "desc": "no"}}\n',
  '{"error": {"class": "CommandNotFound", "desc": "The command guest-sync-delimited has not been found"}}\n',
  '{"id": 3, "error": {"class": "GenericError", "desc": "no"}}\n',
  '{"return": {"echo": "half a',
  '"}}}]]]}\n',
  '\n\n\x00\xff\xfe\n',
] as const;
function strange(size: number): string {
  return strangeTexts[size % strangeTexts.length] ?? '';
}

/** The faults that a request or its reply may have. */
const faults = {
  delayed: (size: number) => [delayReply(size * 40)],
  cut: (size: number) => [truncateReply(size)],
  lost: () => [dropReply()],
  late: () => [delayReply('until-next-reply')],
  doubled: () => [duplicateReply()],
  repeated: () => [resendReply()],
  'in pieces': (size: number) => [fragmentReply(1 + (size % 9))],
  noise: (size: number) => [prefixReply(size)],
  'strange before': (size: number) => [prefixReply(strange(size))],
  'strange behind': (size: number) => [suffixReply(strange(size))],
  stalled: (size: number) => [stallReading(size * 40, { after: size })],
  'hung up': (size: number) => [truncateReply(size), disconnectAfterReply()],
  'hung up in the request': (size: number) => [disconnectDuringRequest(size)],
} satisfies Record<string, (size: number) => readonly Fault[]>;

const kinds = Object.keys(faults) as (keyof typeof faults)[];

/** Without ids, an unsolicited reply cannot be distinguished from the answer. */
const kindsWithoutIds = kinds.filter(
  (kind) => !['doubled', 'repeated', 'strange before', 'strange behind'].includes(kind),
);

const callers = fc.array(
  fc.record({
    at: fc.nat(4000),
    timeout: fc.integer({ min: 1, max: 3000 }),
    givesUpAfter: fc.option(fc.nat(2000), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 12 },
);

function mishaps(among: readonly (keyof typeof faults)[]): fc.Arbitrary<readonly Mishap[]> {
  return fc.array(
    fc.record({ nth: fc.integer({ min: 1, max: 25 }), kind: fc.constantFrom(...among), size: fc.nat(80) }),
    { maxLength: 12 },
  );
}

/** The result of a call, and its duration. */
interface Outcome {
  readonly caller: Caller;
  readonly question: string;
  readonly got: { readonly answer: unknown } | { readonly error: unknown };
  readonly took: number;
}

function questionOf(index: number): string {
  return `question ${index} ${'?'.repeat(index)}`;
}

function sleep(clock: ManualClock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.timer(milliseconds, resolve);
  });
}

async function ask(guest: Guest, clock: ManualClock, caller: Caller, question: string): Promise<Outcome> {
  await sleep(clock, caller.at);
  const { timeout, givesUpAfter } = caller;
  const controller = new AbortController();
  using _givingUp = clock.timer(givesUpAfter ?? Number.POSITIVE_INFINITY, () => controller.abort());
  const began = clock.now();
  try {
    const answer = await guest.callRaw('x-echo', { question }, { timeout, signal: controller.signal });
    return { caller, question, got: { answer }, took: clock.now() - began };
  } catch (error) {
    return { caller, question, got: { error }, took: clock.now() - began };
  }
}

/** The faults, the agent, and whether the guest reconnects. */
interface Circumstances {
  readonly version: string;
  readonly reconnects: boolean;
  readonly happening: readonly Mishap[];
  readonly others?: readonly Fault[];
}

/** Runs all calls, and then one more without faults. */
async function conversation(
  asking: readonly Caller[],
  { version, reconnects, happening, others = [] }: Circumstances,
): Promise<{ readonly outcomes: readonly Outcome[]; readonly last: Outcome }> {
  const clock = manualClock();
  const fake = fakeGuest(
    { 'x-echo': (_args, { args }) => ({ echo: args.get('question') }) },
    { version, clock, seed: happening.length },
  );
  const reconnect = reconnects ? { attempts: 100, delay: 100 } : undefined;
  const open = async (): Promise<Transport> => fake.connect();
  await using guest = new Guest({ target: 'memory', open, timeout: 5000, reconnect, clock }, { clock });
  await guest.synchronize();
  const installed = fake.inject(
    ...happening.map(({ nth, kind, size }) => when({ nth }, ...faults[kind](size))),
    ...others,
  );
  const outcomes = await clock.runUntil(
    Promise.all(asking.map((caller, i) => ask(guest, clock, caller, questionOf(i)))),
  );
  installed[Symbol.dispose]();
  const patient = { at: 0, timeout: 60_000, givesUpAfter: undefined };
  const last = await clock.runUntil(ask(guest, clock, patient, 'the last question'));
  const arrived = fake.requests.flatMap(({ args }) => args.get('question') ?? []);
  assert.equal(new Set(arrived).size, arrived.length, 'a question was sent twice');
  return { outcomes, last };
}

function echoIn(answer: unknown): unknown {
  return answer instanceof WireObject ? answer.get('echo') : undefined;
}

/** Asserts that a call returned its own reply, or an error that the faults explain, within its time limit. */
function isFair({ caller, question, got, took }: Outcome, mayClose: boolean): void {
  assert.ok(took <= caller.timeout, `${question} took ${took} ms of ${caller.timeout}`);
  if ('answer' in got) {
    assert.equal(echoIn(got.answer), question);
    return;
  }
  assert.ok(got.error instanceof GuestError, String(got.error));
  const { code } = got.error;
  const possible: Partial<Record<GuestErrorCode, boolean>> = {
    timeout: took === caller.timeout,
    aborted: took === caller.givesUpAfter,
    closed: mayClose,
    protocol: true,
  };
  assert.ok(possible[code] === true, `${question} got ${code} after ${took} ms: ${got.error.message}`);
}

function closes({ kind }: Mishap): boolean {
  return kind === 'hung up' || kind === 'hung up in the request';
}

describe('Guest with concurrent callers and random faults', () => {
  for (const [version, among] of [
    ['10.0', kinds],
    ['2.0', kindsWithoutIds],
    ['0.15', kindsWithoutIds],
  ] as const) {
    for (const reconnects of [false, true]) {
      test(`resolves or rejects each call correctly and in time with release ${version}${reconnects ? ' and reconnect' : ''}`, async () => {
        await fc.assert(
          fc.asyncProperty(callers, mishaps(among), async (asking, happening) => {
            const mayClose = happening.some(closes);
            const { outcomes, last } = await conversation(asking, { version, reconnects, happening });
            for (const outcome of outcomes) isFair(outcome, mayClose);
            // Without further faults, the next call succeeds.
            isFair(last, mayClose);
            if (reconnects || !mayClose) assert.equal('answer' in last.got, true, JSON.stringify(last.got));
          }),
          { numRuns: 60 },
        );
      });
    }
  }

  test('never returns the reply of another call when bits are flipped', async () => {
    await fc.assert(
      fc.asyncProperty(
        callers,
        mishaps(kindsWithoutIds),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (asking, happening, chance) => {
          const others = [when({ chance }, corruptReply())];
          const { outcomes } = await conversation(asking, {
            version: '10.0',
            reconnects: false,
            happening,
            others,
          });
          const questions = outcomes.map(({ question }) => question);
          for (const { question, caller, got, took } of outcomes) {
            assert.ok(took <= caller.timeout);
            const answer = 'answer' in got ? echoIn(got.answer) : undefined;
            assert.equal(
              questions.some((other) => other !== question && other === answer),
              false,
            );
            if ('error' in got) assert.ok(got.error instanceof GuestError, String(got.error));
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
