import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { EBUSY, EINVAL } from '@guestwire/posix';
import { ExpectedState, NAMES, type Name } from './expected-state.js';
import { ModelAgent } from './model-agent.js';
import { ModelFilesystems } from './model-filesystems.js';
import { randomNumbers, weightedChoice } from './random.js';

/** A step that takes longer hangs. */
const STEP_TIMEOUT_MS = 120_000;

/** Steps with their weights. */
const STEPS = {
  freeze: 6,
  freezeList: 4,
  thaw: 8,
  freezeAndThaw: 2,
  hookFailure: 2,
  crash: 3,
  crashDuringFreeze: 2,
  crashAndUnmount: 2,
  crashAndCover: 2,
  leaseEndsAfterCrash: 1,
  leaseEnds: 1,
  stop: 2,
  mount: 6,
  unmount: 4,
  cover: 3,
  uncover: 7,
  foreignFreeze: 2,
  disconnect: 2,
} as const;
type Step = keyof typeof STEPS;

/** Drives an agent on loop filesystems with random steps, and compares it and the kernel with a model after each. */
export class FreezeModel implements Disposable {
  readonly #random: () => number;
  readonly #filesystems = new ModelFilesystems();
  readonly #agent = new ModelAgent();
  readonly #expected = new ExpectedState();
  /** The steps so far, with what was chosen in them. */
  readonly sequence: string[] = [];
  /** The number of times that each step ran, and the outcomes of its requests. */
  readonly outcomes = new Map<string, number>();

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
  }

  /** Makes the filesystems and starts the agent. */
  async start(): Promise<void> {
    this.#filesystems.make();
    for (const name of NAMES) this.#expected.mounted.add(name);
    await this.#serve();
  }

  /** Runs one random step. Rejects if agent or kernel differ from the model, or the step hangs. */
  async step(): Promise<void> {
    const name = weightedChoice(STEPS, this.#random);
    this.sequence.push(name);
    const hung = new AbortController();
    const timeout = delay(STEP_TIMEOUT_MS, undefined, hung).then(() => assert.fail(`${name} hangs`));
    try {
      await Promise.race([this.#steps[name]().then(() => this.#check()), timeout]);
    } finally {
      hung.abort();
      timeout.catch(() => {});
    }
    this.#count(name);
  }

  /** Thaws, and checks that nothing is left frozen. */
  async finish(): Promise<void> {
    if (this.#expected.isFrozen || this.#expected.foreign.size > 0) await this.#thaw();
    await this.#check();
    assert.equal(this.#expected.frozen.size, 0);
  }

  [Symbol.dispose](): void {
    this.#agent[Symbol.dispose]();
    this.#filesystems[Symbol.dispose]();
  }

  readonly #steps: Readonly<Record<Step, () => Promise<void>>> = {
    freeze: () => this.#freeze(NAMES, '{"execute":"guest-fsfreeze-freeze"}'),
    freezeList: () => {
      const names = NAMES.filter(() => this.#random() < 0.5);
      this.#note(names.join());
      const mountpoints = names.map((name) => this.#filesystems.path(name));
      const request = { execute: 'guest-fsfreeze-freeze-list', arguments: { mountpoints } };
      return this.#freeze(names, JSON.stringify(request));
    },
    thaw: () => this.#thaw(),
    freezeAndThaw: async () => {
      await this.#freeze(NAMES, '{"execute":"guest-fsfreeze-freeze"}');
      await this.#thaw();
    },
    hookFailure: async () => {
      if (this.#expected.isFrozen) return;
      await this.#agent.withFailingHook(async () => {
        // Without success also with `thaw`, if it ran with `freeze` before.
        this.#expected.hookHolds = false;
        const reply = await this.#ask('{"execute":"guest-fsfreeze-freeze"}');
        assert.match(reply, /failed to execute fsfreeze hook/);
      });
    },
    crash: async () => {
      await this.#kill();
      await this.#serve();
    },
    crashDuringFreeze: async () => {
      if (this.#expected.isFrozen) return;
      this.#agent.send('{"execute":"guest-fsfreeze-freeze"}');
      await delay(this.#random() * 40);
      await this.#kill();
      await this.#serve();
      await this.#resynchronize();
    },
    crashAndUnmount: async () => {
      await this.#kill();
      await this.#steps.unmount();
      await this.#serve();
    },
    crashAndCover: async () => {
      await this.#kill();
      await this.#steps.cover();
      await this.#serve();
    },
    leaseEndsAfterCrash: async () => {
      if (!this.#expected.isFrozen) return;
      await this.#kill();
      this.#agent.record = this.#agent.record.replace(/"leaseEnd": [^,]+/, '"leaseEnd": 0');
      await this.#serve();
      await this.#untilThawed();
    },
    leaseEnds: async () => {
      if (this.#expected.isFrozen) return;
      await this.#kill();
      await this.#serve('--freeze-timeout=1');
      await this.#steps.freeze();
      if (this.#expected.isFrozen) await this.#untilThawed();
      await this.#kill();
      await this.#serve();
    },
    stop: async () => {
      await this.#agent.stop();
      if (this.#expected.isFrozen) this.#expected.thawByAgent();
      else this.#expected.resumeHook();
      await this.#serve();
    },
    mount: async () => {
      const name = this.#pick((candidate) => !this.#expected.mounted.has(candidate));
      if (name === undefined) return;
      this.#filesystems.mount(name);
      this.#expected.mounted.add(name);
    },
    unmount: async () => {
      const name = this.#pick((candidate) => this.#expected.isVisible(candidate));
      if (name === undefined) return;
      if (this.#expected.held.has(name)) {
        assert.throws(() => this.#filesystems.unmount(name), /busy/);
      } else {
        this.#filesystems.unmount(name);
        this.#expected.mounted.delete(name);
      }
    },
    cover: async () => {
      const name = this.#pick((candidate) => this.#expected.isVisible(candidate));
      if (name === undefined) return;
      this.#filesystems.cover(name);
      this.#expected.covered.add(name);
    },
    uncover: async () => {
      const name = this.#pick((candidate) => this.#expected.covered.has(candidate));
      if (name === undefined) return;
      this.#filesystems.unmount(name);
      this.#expected.covered.delete(name);
    },
    foreignFreeze: async () => {
      // Only `b`, since nothing is stored on it.
      if (this.#expected.frozen.has('b') || this.#expected.foreign.has('b')) return;
      assert.equal(await this.#filesystems.freeze('b'), 0);
      this.#expected.foreign.add('b');
    },
    disconnect: () => this.#agent.reconnect(),
  };

  async #freeze(names: readonly Name[], request: string): Promise<void> {
    const reply = await this.#ask(request);
    if (this.#expected.isFrozen) assert.match(reply, /CommandNotFound.*has been disabled/);
    else assert.equal(reply, `{"return": ${this.#expected.freeze(names)}}`);
  }

  async #thaw(): Promise<void> {
    const reply = await this.#ask('{"execute":"guest-fsfreeze-thaw"}');
    const before = `${this.#expected}`;
    const count = this.#expected.thaw();
    if (count === undefined) assert.match(reply, /filesystems were thawed at .* by the agent/);
    else assert.equal(reply, `{"return": ${count}}`, `${reply} for ${count}; ${before}`);
  }

  /** After a crash at any instant of a freeze: thaws, and begins again from what is there. */
  async #resynchronize(): Promise<void> {
    const status = await this.#ask('{"execute":"guest-fsfreeze-status"}');
    this.#note(status);
    this.#count(`crash in a freeze, then ${status.slice(12, -2)}`);
    await this.#ask('{"execute":"guest-fsfreeze-thaw"}');
    while (!(await this.#ask('{"execute":"guest-fsfreeze-status"}')).includes('thawed'));
    const calls = this.#agent.calls;
    assert.equal(calls.at(-1), 'thaw');
    this.#expected.resynchronize(calls);
  }

  async #untilThawed(): Promise<void> {
    while (!(await this.#ask('{"execute":"guest-fsfreeze-status"}')).includes('thawed'));
    this.#expected.thawByAgent();
    await this.#settled();
  }

  /** Waits for the hook, which runs with `thaw` while the agent serves: a crash before its end would run it again. */
  async #settled(): Promise<void> {
    const { isFrozen, hookHolds, calls } = this.#expected;
    while (this.#agent.calls.length < calls.length) await delay(5);
    while (!hookHolds && !isFrozen && this.#agent.record.includes('"/')) await delay(5);
  }

  /** Compares the kernel's state of each filesystem, the status, and the calls of the hook with the model. */
  async #check(): Promise<void> {
    // Before the status: with its reply, the agent has also noticed the end of the hook.
    await this.#settled();
    const { frozen, foreign, isFrozen, hookHolds, thawedEarly, calls } = this.#expected;
    for (const name of NAMES) {
      const isExpected = frozen.has(name) || foreign.has(name);
      const errno = await (isExpected ? this.#filesystems.freeze(name) : this.#filesystems.thaw(name));
      assert.equal(errno, isExpected ? EBUSY : EINVAL, `${name} must be ${isExpected ? 'frozen' : 'thawed'}`);
    }
    const status = await this.#ask('{"execute":"guest-fsfreeze-status"}');
    assert.equal(status, `{"return": "${isFrozen ? 'frozen' : 'thawed'}"}`);
    assert.deepEqual(this.#agent.calls, calls);
    if (!hookHolds && !isFrozen && !thawedEarly) assert.equal(this.#agent.record, '');
    assert.equal(this.#agent.hasFlagFile, isFrozen);
  }

  async #serve(...args: string[]): Promise<void> {
    this.#filesystems.list(this.#expected.mounted);
    await this.#agent.serve(this.#filesystems.root, args);
    this.#expected.start();
  }

  async #kill(): Promise<void> {
    await this.#agent.kill();
    this.#expected.crash();
  }

  async #ask(request: string): Promise<string> {
    this.#filesystems.list(this.#expected.mounted);
    return await this.#agent.ask(request);
  }

  #pick(isPossible: (name: Name) => boolean): Name | undefined {
    const candidates = NAMES.filter(isPossible);
    const name = candidates[Math.floor(this.#random() * candidates.length)];
    this.#note(name ?? 'none');
    return name;
  }

  #note(text: string): void {
    this.sequence.push(`${this.sequence.pop()} ${text}`);
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }
}
