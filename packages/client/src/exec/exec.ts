import { Base64Data } from '@guestwire/protocol';
import type { GuestCalls } from '../calls.js';
import { GuestError, isGuestError } from '../guest-error.js';
import { invalidArgument } from '../invalid-argument.js';
import { type CallOptions, startDeadline } from '../time.js';
import { type ExecResult, waitForExit } from './process.js';
import { terminateProcess } from './terminate.js';

/** Which output of a process is captured. */
export type Capture = 'separated' | 'merged' | 'stdout' | 'stderr' | 'none';

/** Options of {@link exec}. */
export interface ExecOptions extends CallOptions {
  /** Its standard input, 47 MiB at most; empty if absent. */
  readonly input?: string | Uint8Array;
  /**
   * Its whole environment, as a record or as `NAME=value` lines; that of the agent if absent. The protocol can only
   * replace the agent's environment, not extend it, so `{}` is an empty environment.
   */
  readonly env?: Readonly<Record<string, string>> | readonly string[];
  /**
   * Which output is captured; `separated` if absent. `merged` puts both into `stdout` in the order of writing, and
   * requires an agent of QEMU 8.1 or later.
   */
  readonly capture?: Capture;
  /** Milliseconds until the process is terminated, including its start; no limit if absent. */
  readonly timeout?: number;
}

/** What fits into one request besides its frame: 64 MiB of base64 are one byte too many (qemu-ga §1.3). */
const MAX_INPUT_BYTES = 47 * 2 ** 20;

function environmentLines(env: NonNullable<ExecOptions['env']>): readonly string[] {
  const lines = Array.isArray(env)
    ? (env as readonly string[])
    : Object.entries(env).map(([name, value]) => {
        if (name === '' || name.includes('=')) throw invalidArgument(`invalid variable name "${name}"`);
        return `${name}=${value}`;
      });
  if (lines.some((line) => line.includes('\0')))
    throw invalidArgument('invalid environment: it contains a NUL');
  return lines;
}

const EMPTY = Buffer.alloc(0);

function selectOutput(result: ExecResult, capture: Capture): ExecResult {
  const { stdout, stderr, truncated } = result;
  const hasOut = capture !== 'stderr' && capture !== 'none';
  const hasErr = capture === 'separated' || capture === 'stderr';
  return {
    ...result,
    stdout: hasOut ? stdout : EMPTY,
    stderr: hasErr ? stderr : EMPTY,
    truncated: { stdout: hasOut && truncated.stdout, stderr: hasErr && truncated.stderr },
  };
}

/** Agents before 8.1 accept only a boolean. */
function explainCaptureError(error: unknown, capture: Capture): unknown {
  if (capture !== 'merged' || !isGuestError(error, 'command')) return error;
  if (!error.desc?.includes("'capture-output'")) return error;
  const message = "guest-exec: this agent cannot capture 'merged'; it came with QEMU 8.1";
  return new GuestError('unsupported', message, { command: 'guest-exec', cause: error });
}

/**
 * Runs a program in the guest and waits for its end. No shell is involved. A program without a slash is looked up in the
 * `PATH` of `env`, or else of the agent.
 *
 * On timeout or abort the process is terminated in the guest, with `SIGTERM` and then `SIGKILL`, if the guest has a shell
 * (or `taskkill`) for that. Its child processes continue to run.
 *
 * @throws {GuestError} `command` if the program cannot be started; `timeout`, `aborted`, `unsupported`, `disabled`,
 * `closed`. That the program fails is not an error: see {@link ExecResult.exitCode}.
 * @throws {TypeError} if the environment or the input cannot be sent
 */
export async function exec(
  guest: GuestCalls,
  command: string,
  args: readonly string[] = [],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { input, env, capture = 'separated' } = options;
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  if (bytes !== undefined && bytes.length > MAX_INPUT_BYTES) {
    const message = `an input of ${bytes.length} bytes exceeds a request; write it to a file in the guest`;
    throw invalidArgument(message);
  }
  const request = {
    path: command,
    arg: args,
    ...(env !== undefined && { env: environmentLines(env) }),
    ...(bytes !== undefined && { 'input-data': Base64Data.fromBytes(bytes) }),
    // All agents accept `true` for separated output. `stdout` and `stderr` are never requested by name: the agents of
    // QEMU 8.1 to 10.x then never report the end of the process (qemu-ga §5.8).
    ...(capture !== 'none' && { 'capture-output': capture === 'merged' ? capture : true }),
  };
  using deadline = startDeadline(options, `guest-exec ${command}`, 'guest-exec', guest.clock);
  deadline.throwIfOver();
  // Without the deadline's signal: only the reply says which process to terminate.
  const started = guest.call('guest-exec', request).then(({ pid }) => pid);
  try {
    const pid = await deadline.race(started);
    return selectOutput(await waitForExit(guest, pid, deadline.signal), capture);
  } catch (error) {
    if (deadline.isOver) await terminateProcess(guest, started);
    throw explainCaptureError(error, capture);
  }
}
