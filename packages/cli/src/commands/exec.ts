import type { ExecResult } from '@guestwire/client';
import type { Answer } from '../answer.js';
import type { CliContext, Output } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { UsageError } from '../exit-status.js';
import { inputOf } from '../input/whole-input.js';
import { bytesInJson } from '../output/bytes.js';
import { printableLines } from '../output/printable.js';
import { guestBytes } from '../output/send.js';
import type { GuestFlags } from '../parameters.js';

/** Flags of `guestctl exec`. */
interface ExecFlags extends GuestFlags {
  /** Is standard input handed on? If absent, unless it is a terminal. */
  readonly input?: boolean;
  readonly env?: readonly string[];
}

/** Where programs are looked for if the environment that is asked for does not say. */
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The wire can only replace the agent's own environment. */
function environment(asked: readonly string[]): readonly string[] | undefined {
  const wrong = asked.find((line) => !/^[^=]+=/.test(line));
  if (wrong !== undefined) throw new UsageError(`"${wrong}" is no variable: write NAME=VALUE`);
  if (asked.length === 0) return undefined;
  return asked.some((line) => line.startsWith('PATH=')) ? asked : [PATH, ...asked];
}

/** The exit status for a program's end; systems that count further than 255 are cut off there. */
function statusOf({ exitCode, signal }: ExecResult): number {
  if (signal !== undefined) return Math.min(128 + signal, 255);
  return exitCode !== undefined && exitCode >= 0 && exitCode <= 255 ? exitCode : 255;
}

function warnings({ truncated }: ExecResult): string[] {
  return (['stdout', 'stderr'] as const)
    .filter((name) => truncated[name])
    .map((name) => `it wrote more to ${name} than the agent keeps; the rest is lost`);
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

async function pass(bytes: Uint8Array, output: Output): Promise<void> {
  const sink = guestBytes(output);
  await sink.send(bytes);
  await sink.end();
}

/** Standard output stands in the answer where there are several; standard error is told apart by the guest's name. */
function labelled(name: string, result: ExecResult, stderr: Output): Answer {
  const lines = printableLines(result.stderr.toString()).split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) stderr.write(`${name}: ${line}\n`);
  const text = printableLines(result.stdout.toString()).replace(/\n$/, '');
  const status = statusOf(result);
  const end = text === '' ? `ended with status ${status}` : text;
  return { json: jsonOf(result), text: () => end, status };
}

/** `guestctl exec -- COMMAND ARGUMENTS`: runs a program in the guest and ends as it ends. */
export default async function exec(
  this: CliContext,
  flags: ExecFlags,
  command: string,
  ...args: readonly string[]
): Promise<void> {
  const { stdout, stderr } = this.process;
  const env = environment(flags.env ?? []);
  const input =
    (flags.input ?? !this.input.isTTY) ? await inputOf(this, 'exec', flags.input === true) : undefined;
  await eachGuest(this, flags, async ({ guest, name, limits, several }) => {
    const result = await guest.exec(command, args, {
      ...limits,
      ...(env === undefined ? {} : { env }),
      ...(input === undefined ? {} : { input }),
    });
    for (const warning of warnings(result)) stderr.write(`guestctl: ${name}: ${warning}\n`);
    if (several && !flags.json) return labelled(name, result, stderr);
    if (!flags.json) {
      await pass(result.stdout, stdout);
      await pass(result.stderr, stderr);
    }
    return { json: jsonOf(result), text: () => '', status: statusOf(result) };
  });
}
