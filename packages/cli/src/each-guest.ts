import type { CallOptions, Guest } from '@guestwire/client';
import { isGuestError } from '@guestwire/client/errors';
import type { Answer, Look } from './answer.js';
import type { CliContext, Output } from './context.js';
import { exitStatusOf, interruptionIn, UsageError } from './exit-status.js';
import { mistakeOf } from './mistake.js';
import { formatJson } from './output/json.js';
import { printable } from './output/printable.js';
import { count } from './output/words.js';
import type { GuestFlags } from './parameters.js';
import { type Destination, type Destinations, findDestinations } from './targets/destinations.js';
import { limitsOf, openGuest, readTarget } from './targets/open.js';

/** What a command finds at a guest. */
export interface Visit {
  readonly context: CliContext;
  readonly guest: Guest;
  /** What the user calls the guest, printable. */
  readonly name: string;
  /** Of each call. */
  readonly limits: CallOptions;
  /** True if it is one of several that were asked for: what it prints must say whose it is, so it is left to the answer. */
  readonly several: boolean;
}

/** What a command does about one of the guests that it was asked for. */
type Work = (destination: Destination, several: boolean) => Promise<Answer>;

function lookOf({ isTTY, columns }: Output): Look {
  return {
    human: isTTY === true,
    ...(isTTY === true && columns !== undefined && columns > 0 ? { width: columns } : {}),
  };
}

/** The flags that say which guests, and how what came of it is printed. */
type FleetFlags = Pick<GuestFlags, 'to' | 'timeout' | 'parallel' | 'json'>;

/** How many guests are asked at the same time, unless the flags say otherwise. */
const PARALLEL_BY_DEFAULT = 8;

function printOne({ process: { stdout } }: CliContext, json: boolean, answer: Answer): void {
  const look = lookOf(stdout);
  const text = json ? formatJson(answer.json, look.human) : answer.text(look);
  if (text !== '') stdout.write(`${text}\n`);
}

/** A line for what fits on one, a section for what does not. */
function labelled(name: string, text: string): string {
  if (text === '') return `${name}: done`;
  return text.includes('\n') ? `== ${name} ==\n${text}\n` : `${name}: ${text}`;
}

function codeOf(error: unknown): string {
  if (isGuestError(error)) return error.code;
  return error instanceof UsageError ? 'usage' : 'internal';
}

function describeError(error: unknown): object {
  return {
    code: codeOf(error),
    message: error instanceof Error ? error.message : String(error),
  };
}

/** Messages about a connection begin with the target; once is enough. */
function named(name: string, message: string): string {
  const hasName = message.startsWith(`${name}: `) || message.startsWith(`cannot open ${name}: `);
  return hasName ? message : `${name}: ${message}`;
}

/** What became of one of several. */
interface Outcome {
  readonly destination: Destination;
  readonly status: number;
}

async function allOf(
  context: CliContext,
  flags: FleetFlags,
  destinations: readonly Destination[],
  work: Work,
): Promise<void> {
  const { stdout, stderr } = context.process;
  const outcomes: Outcome[] = [];
  const waiting = [...destinations];
  const one = async (destination: Destination): Promise<void> => {
    const name = printable(destination.name);
    let status: number;
    try {
      const answer = await work(destination, true);
      status = answer.status ?? 0;
      const line = flags.json
        ? formatJson({ target: destination.name, status, result: answer.json }, false)
        : labelled(name, answer.text(lookOf(stdout)));
      stdout.write(`${line}\n`);
    } catch (error) {
      // Everything else is told once, at the end.
      if (interruptionIn(error) !== undefined) return;
      status = exitStatusOf(error);
      if (flags.json) {
        stdout.write(
          `${formatJson({ target: destination.name, status, error: describeError(error) }, false)}\n`,
        );
      }
      stderr.write(`guestctl: ${named(name, mistakeOf(error))}\n`);
    }
    outcomes.push({ destination, status });
  };
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (context.interrupts.signal.aborted) return;
      await one(next);
    }
  };
  const workers = Math.min(flags.parallel ?? PARALLEL_BY_DEFAULT, destinations.length);
  await Promise.all(Array.from({ length: workers }, worker));
  stderr.write(`guestctl: ${summaryOf(destinations.length, outcomes)}\n`);
  context.process.exitCode = Math.max(0, ...outcomes.map(({ status }) => status));
}

function summaryOf(asked: number, outcomes: readonly Outcome[]): string {
  const failed = outcomes
    .filter(({ status }) => status !== 0)
    .map(({ destination }) => printable(destination.name));
  const open = asked - outcomes.length;
  return [
    `${count(asked, 'guest')}: ${outcomes.length - failed.length} done`,
    ...(failed.length === 0 ? [] : [`${failed.length} failed (${failed.join(', ')})`]),
    ...(open === 0 ? [] : [`${open} given up`]),
  ].join(', ');
}

/**
 * Does something about the guest that the flags ask for, or about each of several, some of them at the same time, and prints what
 * came of it: one answer, or each with the guest's name as it comes and a summary on standard error. The exit status is then
 * the highest.
 *
 * @param found the guests, where they are known already
 */
export async function eachDestination(
  context: CliContext,
  flags: FleetFlags,
  work: Work,
  found?: Destinations,
): Promise<void> {
  const destinations = found ?? (await findDestinations(context, flags));
  for (const { target } of destinations.guests) await readTarget(target);
  if (destinations.several) {
    await allOf(context, flags, destinations.guests, work);
    return;
  }
  for (const destination of destinations.guests) {
    const answer = await work(destination, false);
    printOne(context, flags.json, answer);
    context.process.exitCode = answer.status ?? 0;
  }
}

/** The same, with a connection to each guest. */
export async function eachGuest(
  context: CliContext,
  flags: GuestFlags,
  work: (visit: Visit) => Promise<Answer>,
  found?: Destinations,
): Promise<void> {
  const limits = limitsOf(context, flags);
  const visit: Work = async ({ name, target }, several) => {
    await using guest = await openGuest(target, limits);
    return await work({ context, guest, name: printable(name), limits, several });
  };
  await eachDestination(context, flags, visit, found);
}
