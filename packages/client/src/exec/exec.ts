import { Base64Data } from '@guestwire/protocol';
import type { GuestCalls } from '../calls.js';
import { type CallOptions, startDeadline } from '../deadline.js';
import { GuestError, isGuestError } from '../guest-error.js';
import { endProcess } from './end-process.js';
import { type ExecResult, processEnd } from './process.js';

/** Which output of a process is brought back. */
export type Capture = 'separated' | 'merged' | 'stdout' | 'stderr' | 'none';

/** How a program is run in the guest. */
export interface ExecOptions extends CallOptions {
  /** What it can read from standard input, 47 MiB at most; standard input is empty if absent. */
  readonly input?: string | Uint8Array;
  /**
   * Its whole environment, as a record or as `NAME=value` lines: the wire can only replace the agent's own
   * environment, not add to it, so `{}` means none at all. Absent: the agent's.
   */
  readonly env?: Readonly<Record<string, string>> | readonly string[];
  /**
   * Which output is brought back; `separated` if absent. `merged` is both in the order of writing, in `stdout`,
   * and takes an agent of QEMU 8.1 or later.
   */
  readonly capture?: Capture;
  /** Milliseconds that it may run, its start included; as long as it takes if absent. */
  readonly timeout?: number;
}

/** What one request carries beside its frame: 64 MiB of base64 are one byte too many (qemu-ga §1.3). */
const LONGEST_INPUT = 47 * 2 ** 20;

function environment(env: NonNullable<ExecOptions['env']>): readonly string[] {
  const lines = Array.isArray(env)
    ? (env as readonly string[])
    : Object.entries(env).map(([name, value]) => {
        if (name === '' || name.includes('=')) throw new TypeError(`"${name}" cannot name a variable`);
        return `${name}=${value}`;
      });
  if (lines.some((line) => line.includes('\0'))) throw new TypeError('an environment cannot hold a NUL');
  return lines;
}

/**
 * `true` is understood by all agents, and means separated. `stdout` and `stderr` are not asked for by name: the
 * agents of QEMU 8.1 to 10.x then never say that the process is over (qemu-ga §5.8).
 */
function onTheWire(capture: Capture): boolean | 'merged' {
  return capture === 'merged' ? 'merged' : capture !== 'none';
}

const nothing = Buffer.alloc(0);

function asAsked(result: ExecResult, capture: Capture): ExecResult {
  const { stdout, stderr, truncated } = result;
  const out = capture !== 'stderr' && capture !== 'none';
  const err = capture === 'separated' || capture === 'stderr';
  return {
    ...result,
    stdout: out ? stdout : nothing,
    stderr: err ? stderr : nothing,
    truncated: { stdout: out && truncated.stdout, stderr: err && truncated.stderr },
  };
}

/** Agents before 8.1 know a boolean only. */
function explained(error: unknown, capture: Capture): unknown {
  return capture === 'merged' && isGuestError(error, 'command') && error.desc?.includes("'capture-output'")
    ? new GuestError('unsupported', "guest-exec: this agent cannot capture 'merged'; it came with QEMU 8.1", {
        command: 'guest-exec',
        cause: error,
      })
    : error;
}

/**
 * Runs a program in the guest and waits for its end. No shell is involved: arguments arrive as they are. A
 * program without a slash is looked for in the `PATH` of `env`, or else in the agent's.
 *
 * When the time is over or the signal fires, the process is ended in the guest, asked first and then killed, where
 * the guest has a shell (or `taskkill`) to do so. That is the process alone: what it has started lives on.
 *
 * @throws {GuestError} `command` if the program cannot be started; `timeout` and `aborted` as said above;
 * `unsupported`, `disabled`, `closed`. That the program failed is no error: see {@link ExecResult.exitCode}.
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
  if (bytes !== undefined && bytes.length > LONGEST_INPUT) {
    throw new TypeError(
      `an input of ${bytes.length} bytes is more than a request carries; write it to a file in the guest`,
    );
  }
  const request = {
    path: command,
    arg: args,
    ...(env !== undefined && { env: environment(env) }),
    ...(bytes !== undefined && { 'input-data': Base64Data.fromBytes(bytes) }),
    ...(capture !== 'none' && { 'capture-output': onTheWire(capture) }),
  };
  using deadline = startDeadline(
    { timeout: Number.POSITIVE_INFINITY, ...options },
    `guest-exec ${command}`,
    'guest-exec',
    guest.clock,
  );
  deadline.throwIfOver();
  // Not given up with the rest: without its answer nobody knows which process is to be ended.
  const started = guest.call('guest-exec', request).then(({ pid }) => pid);
  try {
    const pid = await deadline.race(started);
    return asAsked(await processEnd(guest, pid, { signal: deadline.signal }), capture);
  } catch (error) {
    if (deadline.over) await endProcess(guest, started);
    throw explained(error, capture);
  }
}
