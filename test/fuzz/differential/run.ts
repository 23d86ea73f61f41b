import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { crashName, Mutator, minimize, Random } from '@guestwire/fuzz';
import { type AgentProgram, ourAgent, projectFolder, referenceAgents } from '../../compat/agents.js';
import { areEquivalent, type Replies, shown } from './differences.js';
import { Peer } from './peer.js';
import { compareProcess } from './process.js';
import { RequestGenerator } from './requests.js';

export interface DifferentialOptions {
  readonly requests: number;
  readonly seed: number;
  readonly json: boolean;
}

export interface DifferentialResult {
  readonly requests: number;
  readonly seconds: number;
  /** Cases whose replies are the same bytes. */
  readonly equalBytes: number;
  readonly mismatches: readonly Replies[];
}

/** Cases that are sent before the replies are read. */
const BATCH_SIZE = 150;
/** Batches between two starts of the agents. */
const BATCHES_PER_START = 100;
const MISMATCH_LIMIT = 20;
const MAX_CASE_BYTES = 4096;

/** Sends generated requests to guestd and to qemu-ga 10.0, and compares the replies. @throws if qemu-ga 10.0 is missing */
export async function compareAgents(requests: number, seed: number): Promise<DifferentialResult> {
  const { missing, '10.0': reference } = referenceAgents();
  if (reference === undefined) throw new Error(missing);
  const started = performance.now();
  const comparison = new Comparison(ourAgent(), reference, seed);
  await comparison.run(requests);
  return { ...comparison.result, seconds: (performance.now() - started) / 1000 };
}

/** The command line of {@link compareAgents}. Returns false if replies differ. */
export async function runDifferential({ requests, seed, json }: DifferentialOptions): Promise<boolean> {
  const result = await compareAgents(requests, seed);
  const { mismatches, equalBytes, seconds } = result;
  if (json) console.log(JSON.stringify({ target: 'differential', seed, ...result }));
  else {
    const rate = Math.round(result.requests / seconds);
    console.log(
      `seed ${seed}\ndifferential: ${result.requests} requests in ${seconds.toFixed(1)} s (${rate}/s), ${equalBytes} with equal bytes, mismatches ${mismatches.length}`,
    );
  }
  for (const mismatch of mismatches) report(mismatch, json);
  return mismatches.length === 0;
}

/** Sends one input to both agents and prints the replies. Returns false if they differ. */
export async function compareInput(input: Buffer): Promise<boolean> {
  const { missing, '10.0': reference } = referenceAgents();
  if (reference === undefined) throw new Error(missing);
  await using ours = await Peer.start(ourAgent());
  await using other = await Peer.start(reference);
  const [[mine = ''], [theirs = '']] = await Promise.all([
    ours.converse([[input]]),
    other.converse([[input]]),
  ]);
  const replies = { sent: input.toString('latin1'), ours: mine, reference: theirs };
  console.log(textOf(replies));
  return areEquivalent(replies);
}

function textOf({ sent, ours, reference }: Replies): string {
  return `sent:     ${shown(sent)}\nguestd:   ${shown(ours)}\nqemu-ga:  ${shown(reference)}`;
}

function report(replies: Replies, json: boolean): void {
  const input = Buffer.from(replies.sent, 'latin1');
  const folder = join(projectFolder, 'fuzz/crashes');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, crashName('differential', input));
  writeFileSync(path, input);
  if (!json) console.log(`\n${textOf(replies)}\nrepeat with: npm run fuzz -- --reproduce ${path}`);
}

class Comparison {
  readonly #programs: readonly [AgentProgram, AgentProgram];
  readonly #random: Random;
  readonly #requests: RequestGenerator;
  readonly #mutator: Mutator;
  readonly #mismatches: Replies[] = [];
  #count = 0;
  #equal = 0;

  constructor(ours: AgentProgram, reference: AgentProgram, seed: number) {
    this.#programs = [ours, reference];
    this.#random = new Random(seed);
    this.#requests = new RequestGenerator(this.#random);
    this.#mutator = new Mutator({
      name: 'differential',
      invariants: '',
      covers: [],
      seeds: [],
      structure: ['tokens'],
      dictionary: [...'{}[],:"\'\\\n', '\\u0000', 'null', 'true', '{}', Buffer.from([0xff])],
      maxLength: MAX_CASE_BYTES,
      run: () => undefined,
    });
  }

  get result(): Omit<DifferentialResult, 'seconds'> {
    return { requests: this.#count, equalBytes: this.#equal, mismatches: this.#mismatches };
  }

  async run(requests: number): Promise<void> {
    while (this.#count < requests && this.#mismatches.length < MISMATCH_LIMIT) {
      await using ours = await Peer.start(this.#programs[0]);
      await using reference = await Peer.start(this.#programs[1]);
      this.#requests.base = 999;
      for (let i = 0; i < BATCHES_PER_START && this.#count < requests; i++) {
        const size = Math.min(BATCH_SIZE, requests - this.#count);
        const isEqual = await this.#runBatch(size, ours, reference);
        if (process.stderr.isTTY) process.stderr.write(`\r${this.#count} requests`);
        // After a mismatch the agents may be in different states.
        if (!isEqual) break;
      }
    }
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }

  /** Returns false after a mismatch. */
  async #runBatch(size: number, ours: Peer, reference: Peer): Promise<boolean> {
    const inputs = Array.from({ length: size }, () => this.#generate());
    const cases = inputs.map((input) => this.#pieces(input));
    this.#count += size;
    const [own, other] = await Promise.allSettled([ours.converse(cases), reference.converse(cases)]);
    if (own.status === 'rejected' || other.status === 'rejected') {
      const outcome = (result: typeof own): string =>
        result.status === 'rejected' ? String(result.reason) : 'replies to all';
      const sent = Buffer.concat(inputs).toString('latin1');
      this.#mismatches.push({ sent, ours: outcome(own), reference: outcome(other) });
      return false;
    }
    const [mine, theirs] = [own.value, other.value];
    const [first] = inputs.flatMap((input, i) => {
      const mismatch = { sent: input.toString('latin1'), ours: mine[i] ?? '', reference: theirs[i] ?? '' };
      if (mismatch.ours === mismatch.reference) this.#equal++;
      return areEquivalent(mismatch) ? [] : [mismatch];
    });
    if (first !== undefined) {
      this.#mismatches.push(await this.#minimized(first));
      return false;
    }
    await this.#closeHandles(mine.join(''), ours, reference);
    const lives = await compareProcess(this.#random, ours, reference);
    if (!areEquivalent(lives)) this.#mismatches.push(lives);
    return true;
  }

  #generate(): Buffer {
    const random = this.#random;
    const request = Buffer.from(this.#requests.next());
    if (random.oneIn(2)) return request;
    const other = Buffer.from(this.#requests.next());
    return this.#mutator.mutate(request, other, random);
  }

  /** Splits one in four cases, so that an agent reads it in parts. */
  #pieces(input: Buffer): Buffer[] {
    // A folder's name must not be split, since it is replaced.
    if (!this.#random.oneIn(4) || input.includes('$')) return [input];
    const at = this.#random.between(0, input.length);
    return [input.subarray(0, at), input.subarray(at)];
  }

  /** Closes the files that a batch has opened, so that their number stays small. */
  async #closeHandles(replies: string, ours: Peer, reference: Peer): Promise<void> {
    const opened = [...replies.matchAll(/"return": (\d{4,9})[,}]/g)].map(([, handle]) => Number(handle));
    const handles = opened.filter(
      (handle) => handle > this.#requests.base && handle < this.#requests.base + 1000,
    );
    const closing = handles.map((handle) => [
      Buffer.from(`{"execute":"guest-file-close","arguments":{"handle":${handle}}}`),
    ]);
    const [mine, theirs] = await Promise.all([ours.converse(closing), reference.converse(closing)]);
    if (mine.join('') !== theirs.join('')) {
      this.#mismatches.push({ sent: closing.join(''), ours: mine.join(''), reference: theirs.join('') });
    }
    this.#requests.base = Math.max(this.#requests.base, ...handles);
  }

  async #minimized(mismatch: Replies): Promise<Replies> {
    let smallest = mismatch;
    await using ours = await Peer.start(this.#programs[0]);
    await using reference = await Peer.start(this.#programs[1]);
    await minimize(Buffer.from(mismatch.sent, 'latin1'), async (input) => {
      const [[mine = ''], [theirs = '']] = await Promise.all([
        ours.converse([[input]]),
        reference.converse([[input]]),
      ]);
      const found = { sent: input.toString('latin1'), ours: mine, reference: theirs };
      if (areEquivalent(found)) return false;
      if (input.length < smallest.sent.length) smallest = found;
      return true;
    });
    return smallest;
  }
}
