/** `c` is stored in a file on `a`; `b` on the disk of the test. */
export const NAMES = ['a', 'b', 'c'] as const;
export type Name = (typeof NAMES)[number];

/** The model: what is expected of agent and kernel. */
export class ExpectedState {
  readonly mounted = new Set<Name>();
  /** Something is mounted over them. */
  readonly covered = new Set<Name>();
  /** Frozen by the agent. */
  readonly frozen = new Set<Name>();
  /** Frozen by another program. */
  readonly foreign = new Set<Name>();
  /** Open in the agent, so that they cannot be unmounted. */
  readonly held = new Set<Name>();
  /** In the record of the last freeze, also those that another program had frozen before. */
  readonly #recorded = new Set<Name>();
  /** The arguments of the hook. */
  readonly calls: string[] = [];
  isFrozen = false;
  /** The hook ran `freeze`, and has not run `thaw`. */
  hookHolds = false;
  /** The agent has thawed without a request, which the next thaw reports. */
  thawedEarly = false;

  /** Returns true for a filesystem that its mount point leads to. */
  isVisible(name: Name): boolean {
    return this.mounted.has(name) && !this.covered.has(name);
  }

  /** The agent freezes these, as far as they are visible. Returns the number in its reply. */
  freeze(names: readonly Name[]): number {
    if (this.hookHolds) this.calls.push('thaw');
    this.calls.push('freeze');
    this.hookHolds = true;
    this.#recorded.clear();
    for (const name of names) {
      if (!this.isVisible(name)) continue;
      this.#recorded.add(name);
      if (this.foreign.has(name)) continue;
      this.frozen.add(name);
      this.held.add(name);
    }
    this.isFrozen = this.frozen.size > 0;
    this.thawedEarly = false;
    return this.frozen.size;
  }

  /** The host's thaw. Returns the number in the reply; undefined if that reports an earlier thaw instead. */
  thaw(): number | undefined {
    const count = this.frozen.size + this.#thawForeign();
    const isReported = this.thawedEarly;
    if (!isReported || this.hookHolds) this.calls.push('thaw');
    this.#thawOwn();
    this.hookHolds = false;
    this.thawedEarly = false;
    return isReported ? undefined : count;
  }

  /** The agent has thawed without a request. */
  thawByAgent(): void {
    this.#thawOwn();
    this.thawedEarly = true;
    this.resumeHook();
  }

  /** A hook that ran `freeze` has run `thaw`. */
  resumeHook(): void {
    if (this.hookHolds) this.calls.push('thaw');
    this.hookHolds = false;
  }

  /** The next agent cannot know which filesystems of the record another program has frozen: it takes over all. */
  crash(): void {
    this.held.clear();
    if (!this.isFrozen) return;
    for (const name of this.#recorded) {
      this.frozen.add(name);
      this.foreign.delete(name);
    }
  }

  /** An agent that starts frozen opens what it has to thaw, as far as a mount point leads there. */
  start(): void {
    if (!this.isFrozen) this.resumeHook();
    else for (const name of this.frozen) if (this.isVisible(name)) this.held.add(name);
  }

  /** The host has thawed after a crash at any instant of a freeze. @param calls those that the hook has had */
  resynchronize(calls: readonly string[]): void {
    this.#thawForeign();
    this.#thawOwn();
    this.hookHolds = false;
    this.thawedEarly = false;
    this.calls.splice(0, Number.POSITIVE_INFINITY, ...calls);
  }

  toString(): string {
    const { frozen, foreign, mounted, covered } = this;
    return `frozen: ${[...frozen]}, frozen by others: ${[...foreign]}; mounted: ${[...mounted]}, covered: ${[...covered]}`;
  }

  #thawOwn(): void {
    this.frozen.clear();
    this.held.clear();
    this.isFrozen = false;
  }

  /** Returns the number of filesystems of other programs that a thaw of the host reaches. */
  #thawForeign(): number {
    const reached = [...this.foreign].filter((name) => this.isVisible(name));
    for (const name of reached) this.foreign.delete(name);
    return reached.length;
  }
}
