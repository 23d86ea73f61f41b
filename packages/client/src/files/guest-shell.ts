import type { GuestCalls } from '../calls.js';
import type { CallOptions } from '../deadline.js';
import { exec } from '../exec/exec.js';
import { GuestError, isGuestError } from '../guest-error.js';

/** What a script is given. Names never become part of its text: they are arguments, or bytes of its input. */
export interface ScriptInput extends CallOptions {
  /** `$1` and so on. */
  readonly args?: readonly string[];
  readonly input?: Uint8Array;
}

/** Agents are started with any `PATH`, or none; messages are wanted as they are documented, names as they are. */
const PREAMBLE =
  'PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; LC_ALL=C; export PATH LC_ALL\n';

/** The guest's words, on one line and not too long. */
function oneLine(bytes: Buffer): string {
  return bytes
    .toString('utf8')
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ')
    .slice(0, 300);
}

/** Does this error say that programs cannot be run in the guest at all, or none of ours? */
export function cannotRun(error: unknown): boolean {
  return (
    isGuestError(error, 'unsupported') ||
    isGuestError(error, 'disabled') ||
    (isGuestError(error, 'command') && error.command === 'guest-exec' && error.class !== undefined)
  );
}

/**
 * Runs a POSIX shell script of ours in the guest and gives what it wrote.
 *
 * @param what what it does, for messages: `rename /x`
 * @throws {GuestError} `command` if it failed, with what it wrote to standard error; and see {@link cannotRun}
 */
export async function runScript(
  guest: GuestCalls,
  what: string,
  script: string,
  { args = [], input, ...limits }: ScriptInput = {},
): Promise<{ readonly stdout: Buffer; readonly said: string }> {
  const options = { ...limits, ...(input !== undefined && { input }) };
  const result = await exec(guest, '/bin/sh', ['-c', PREAMBLE + script, 'sh', ...args], options);
  if (result.truncated.stdout) {
    throw scriptFailed(what, 'the answer is longer than the agent carries');
  }
  const said = oneLine(result.stderr);
  if (result.exitCode === 0) return { stdout: result.stdout, said };
  const status =
    result.exitCode === undefined ? `killed by signal ${result.signal}` : `exit status ${result.exitCode}`;
  throw scriptFailed(what, said || status);
}

/** What a script of ours did not do, and why. */
export function scriptFailed(what: string, why: string): GuestError {
  return new GuestError('command', `${what}: ${why}`, { command: 'guest-exec', desc: why });
}
