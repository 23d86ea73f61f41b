import type { ExecResult } from '@guestwire/client';
import type { CliContext, OutputStream } from '../context.js';
import { UsageError } from '../exit-status.js';
import { type Answer, forEachGuest, textAnswer } from '../for-each-guest.js';
import { readProgramInput } from '../input/read-input.js';
import { printableLines } from '../output/escape.js';
import { bytesInJson } from '../output/json.js';
import { guestBytes } from '../output/send.js';
import type { GuestFlags } from '../parameters.js';

interface ExecFlags extends GuestFlags {
  /** Pass standard input; if absent, unless it is a terminal. */
  readonly input?: boolean;
  readonly env?: readonly string[];
}

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A request replaces the whole environment, so PATH is added if it is missing. */
function environment(variables: readonly string[]): readonly string[] | undefined {
  const invalid = variables.find((line) => !/^[^=]+=/.test(line));
  if (invalid !== undefined) throw new UsageError(`invalid variable "${invalid}": write NAME=VALUE`);
  if (variables.length === 0) return undefined;
  return variables.some((line) => line.startsWith('PATH=')) ? variables : [DEFAULT_PATH, ...variables];
}

/** Larger exit codes, which other systems have, become 255. */
function statusOf({ exitCode, signal }: ExecResult): number {
  if (signal !== undefined) return Math.min(128 + signal, 255);
  return exitCode !== undefined && exitCode >= 0 && exitCode <= 255 ? exitCode : 255;
}

function jsonOf(result: ExecResult): object {
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    ...bytesInJson('stdout', result.stdout),
    ...bytesInJson('stderr', result.stderr),
    truncated: result.truncated,
  };
}

async function write(bytes: Uint8Array, output: OutputStream): Promise<void> {
  const sink = guestBytes(output);
  await sink.send(bytes);
  await sink.end();
}

/** For several guests, standard output is in the answer and each line of standard error has the name of its guest. */
function labelledAnswer(name: string, result: ExecResult, stderr: OutputStream): Answer {
  const lines = printableLines(result.stderr.toString()).split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) stderr.write(`${name}: ${line}\n`);
  const text = printableLines(result.stdout.toString()).replace(/\n$/, '');
  const status = statusOf(result);
  return textAnswer(jsonOf(result), text === '' ? `exited with status ${status}` : text, status);
}

/** `guestctl exec -- COMMAND ARGUMENTS`: runs a program in the guest and exits with its status. */
export default async function exec(
  this: CliContext,
  flags: ExecFlags,
  command: string,
  ...args: readonly string[]
): Promise<void> {
  const { stdout, stderr } = this.process;
  const env = environment(flags.env ?? []);
  const input =
    (flags.input ?? !this.input.isTTY)
      ? await readProgramInput(this, 'exec', flags.input === true)
      : undefined;
  await forEachGuest(this, flags, async ({ guest, name, options, several }) => {
    const result = await guest.exec(command, args, {
      ...options,
      ...(env === undefined ? {} : { env }),
      ...(input === undefined ? {} : { input }),
    });
    for (const output of ['stdout', 'stderr'] as const) {
      if (result.truncated[output]) stderr.write(`guestctl: ${name}: ${output} truncated by the agent\n`);
    }
    if (several && !flags.json) return labelledAnswer(name, result, stderr);
    if (!flags.json) {
      await write(result.stdout, stdout);
      await write(result.stderr, stderr);
    }
    return textAnswer(jsonOf(result), '', statusOf(result));
  });
}
