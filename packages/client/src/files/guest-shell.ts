import type { GuestCalls } from '../calls.js';
import type { CallOptions } from '../deadline.js';
import { exec } from '../exec/exec.js';
import { GuestError, isGuestError } from '../guest-error.js';

/** Options of a script. File names are passed as arguments or input, never as part of the script. */
export interface ScriptOptions extends CallOptions {
  /** `$1` and so on. */
  readonly args?: readonly string[];
  readonly input?: Uint8Array;
}

/** An agent may run with any `PATH` and locale. */
const PREAMBLE =
  'PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"; LC_ALL=C; export PATH LC_ALL\n';

const MAX_MESSAGE_LENGTH = 300;

function firstWords(stderr: Buffer): string {
  return stderr
    .toString('utf8')
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ')
    .slice(0, MAX_MESSAGE_LENGTH);
}

/** Returns a guest path as an argument that programs do not take for an option or for `cd -`. */
export function pathArgument(path: string): string {
  return path.startsWith('/') ? path : `./${path}`;
}

/** Returns whether the error means that the guest runs no programs, or has no shell. */
export function cannotRunPrograms(error: unknown): boolean {
  return (
    isGuestError(error, 'unsupported') ||
    isGuestError(error, 'disabled') ||
    (isGuestError(error, 'command') && error.command === 'guest-exec' && error.class !== undefined)
  );
}

/**
 * Runs a POSIX shell script in the guest and returns its output, and its standard error on one line.
 *
 * @param what what the script does, for messages: `rename /x`
 * @throws {GuestError} `command` with the standard error if the script fails; see also {@link cannotRunPrograms}
 */
export async function runScript(
  guest: GuestCalls,
  what: string,
  script: string,
  { args = [], input, ...callOptions }: ScriptOptions = {},
): Promise<{ readonly stdout: Buffer; readonly stderr: string }> {
  const options = { ...callOptions, ...(input !== undefined && { input }) };
  const result = await exec(guest, '/bin/sh', ['-c', PREAMBLE + script, 'sh', ...args], options);
  if (result.truncated.stdout) throw scriptError(what, 'the output exceeds what the agent captures');
  const stderr = firstWords(result.stderr);
  if (result.exitCode === 0) return { stdout: result.stdout, stderr };
  const status =
    result.exitCode === undefined ? `killed by signal ${result.signal}` : `exit status ${result.exitCode}`;
  throw scriptError(what, stderr || status);
}

/** Returns the error of a script that failed. */
export function scriptError(what: string, reason: string): GuestError {
  return new GuestError('command', `${what}: ${reason}`, { command: 'guest-exec', desc: reason });
}
