import type { CallOptions, Guest } from '@guestwire/client';
import { isGuestError } from '@guestwire/client/errors';
import type { CliContext, OutputStream } from './context.js';
import { exitStatus, exitStatusOf, firstError, formatError, interruptionIn } from './exit-status.js';
import { printable } from './output/escape.js';
import { count } from './output/format.js';
import { formatJson } from './output/json.js';
import type { GuestFlags } from './parameters.js';
import { callOptions, openGuest, readTarget } from './targets/open.js';
import { type NamedTarget, selectTargets, type TargetSelection } from './targets/select-targets.js';

/** Where a text is printed. */
export interface TextFormat {
  /** True on a terminal: sizes are rounded and have units. */
  readonly human: boolean;
  /** Columns of the terminal, if there is one. */
  readonly width?: number;
}

/** The result of a command for one guest. */
export interface Answer {
  /** Printed with `--json`: a value of the guest, or plain objects and arrays. */
  readonly json: unknown;
  /** Printed otherwise, unless empty. It has no line feed at its end, and all text of the guest in it is printable. */
  readonly text: (format: TextFormat) => string;
  /** The exit status; 0 if absent. */
  readonly status?: number;
}

/** Returns an answer whose text does not depend on the format. */
export function textAnswer(json: unknown, text: string, status = 0): Answer {
  return { json, text: () => text, status };
}

/** A connected guest, as a command sees it. */
export interface GuestContext {
  readonly context: CliContext;
  readonly guest: Guest;
  /** The name of the guest on the command line, printable. */
  readonly name: string;
  /** Options of each call. */
  readonly options: CallOptions;
  /** True if several guests are selected: the command then prints nothing itself, since its answer is printed with the name. */
  readonly several: boolean;
}

type Task = (target: NamedTarget, several: boolean) => Promise<Answer>;

type SelectionFlags = Pick<GuestFlags, 'to' | 'timeout' | 'parallel' | 'json'>;

const DEFAULT_PARALLEL = 8;

function textFormat({ isTTY, columns }: OutputStream): TextFormat {
  return {
    human: isTTY === true,
    ...(isTTY === true && columns !== undefined && columns > 0 ? { width: columns } : {}),
  };
}

/** Labels a text with the name of its guest: one line with a prefix, several with a heading. */
function labelled(name: string, text: string): string {
  if (text === '') return `${name}: done`;
  return text.includes('\n') ? `== ${name} ==\n${text}\n` : `${name}: ${text}`;
}

function describeError(given: unknown): object {
  const error = firstError(given);
  const other = exitStatusOf(error) === exitStatus.usage ? 'usage' : 'internal';
  return {
    code: isGuestError(error) ? error.code : other,
    message: error instanceof Error ? error.message : String(error),
  };
}

/** The exit status of one of several guests. */
interface Outcome {
  readonly name: string;
  readonly status: number;
}

function summaryOf(selected: number, outcomes: readonly Outcome[]): string {
  const failed = outcomes.filter(({ status }) => status !== 0).map(({ name }) => name);
  const cancelled = selected - outcomes.length;
  return [
    `${count(selected, 'guest')}: ${outcomes.length - failed.length} done`,
    ...(failed.length === 0 ? [] : [`${failed.length} failed (${failed.join(', ')})`]),
    ...(cancelled === 0 ? [] : [`${cancelled} cancelled`]),
  ].join(', ');
}

/** Runs a task for each target, several at a time, and prints each answer with the name of its guest. */
async function runAll(
  context: CliContext,
  flags: SelectionFlags,
  targets: readonly NamedTarget[],
  task: Task,
): Promise<void> {
  const { stdout, stderr } = context.process;
  const outcomes: Outcome[] = [];
  const runOne = async (target: NamedTarget): Promise<void> => {
    const name = printable(target.name);
    let status: number;
    try {
      const answer = await task(target, true);
      status = answer.status ?? 0;
      const line = flags.json
        ? formatJson({ target: target.name, status, result: answer.json }, false)
        : labelled(name, answer.text(textFormat(stdout)));
      stdout.write(`${line}\n`);
    } catch (error) {
      // An interruption is reported once, at the end.
      if (interruptionIn(error) !== undefined) return;
      status = exitStatusOf(error);
      if (flags.json) {
        const json = { target: target.name, status, error: describeError(error) };
        stdout.write(`${formatJson(json, false)}\n`);
      }
      const message = formatError(error);
      // Messages about a connection name the target already.
      const isNamed = message.startsWith(`${name}: `) || message.startsWith(`cannot open ${name}: `);
      stderr.write(`guestctl: ${isNamed ? message : `${name}: ${message}`}\n`);
    }
    outcomes.push({ name, status });
  };
  const waiting = [...targets];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (context.interrupts.signal.aborted) return;
      await runOne(next);
    }
  };
  const workers = Math.min(flags.parallel ?? DEFAULT_PARALLEL, targets.length);
  await Promise.all(Array.from({ length: workers }, worker));
  stderr.write(`guestctl: ${summaryOf(targets.length, outcomes)}\n`);
  context.process.exitCode = Math.max(0, ...outcomes.map(({ status }) => status));
}

/**
 * Runs a task for the selected target and prints its answer. For several targets it runs some at the same time, prints each answer
 * with the guest's name and a summary on standard error; the exit status is then the highest.
 *
 * @param selection the targets, if they are known already
 */
export async function forEachTarget(
  context: CliContext,
  flags: SelectionFlags,
  task: Task,
  selection?: TargetSelection,
): Promise<void> {
  const { targets, several } = selection ?? (await selectTargets(context, flags));
  for (const { target } of targets) await readTarget(target);
  if (several) {
    await runAll(context, flags, targets, task);
    return;
  }
  const { stdout } = context.process;
  for (const target of targets) {
    const answer = await task(target, false);
    const format = textFormat(stdout);
    const text = flags.json ? formatJson(answer.json, format.human) : answer.text(format);
    if (text !== '') stdout.write(`${text}\n`);
    context.process.exitCode = answer.status ?? 0;
  }
}

/** Runs a task as {@link forEachTarget} does, with a connection to each guest. */
export async function forEachGuest(
  context: CliContext,
  flags: GuestFlags,
  task: (guestContext: GuestContext) => Promise<Answer>,
  selection?: TargetSelection,
): Promise<void> {
  const options = callOptions(context, flags);
  const connected: Task = async ({ name, target }, several) => {
    await using guest = await openGuest(target, options);
    return await task({ context, guest, name: printable(name), options, several });
  };
  await forEachTarget(context, flags, connected, selection);
}

/** Makes a command that runs a task for each guest. */
export function guestCommand<Flags extends GuestFlags, Args extends readonly string[]>(
  task: (guestContext: GuestContext, flags: Flags, ...args: Args) => Promise<Answer>,
) {
  return async function (this: CliContext, flags: Flags, ...args: Args): Promise<void> {
    await forEachGuest(this, flags, (guestContext) => task(guestContext, flags, ...args));
  };
}
