import type { GuestCalls } from '../calls.js';
import { exec } from '../exec/exec.js';
import { GuestError, isGuestError } from '../guest-error.js';
import type { CallOptions } from '../time.js';

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

/** Runs POSIX shell scripts in a guest. File names are passed as arguments or input, never as part of a script. */
export class GuestShell {
  readonly guest: GuestCalls;
  readonly #options: CallOptions;

  constructor(guest: GuestCalls, options: CallOptions) {
    this.guest = guest;
    this.#options = options;
  }

  /**
   * Runs a script with the arguments `$1` and so on; `what` describes it in messages. Returns its output, and its
   * standard error on one line. Throws `command` if the script fails; see also {@link cannotRunPrograms}.
   */
  async run(
    what: string,
    script: string,
    args: readonly string[],
    input?: Uint8Array,
  ): Promise<{ readonly stdout: Buffer; readonly stderr: string }> {
    const options = { ...this.#options, ...(input !== undefined && { input }) };
    const result = await exec(this.guest, '/bin/sh', ['-c', PREAMBLE + script, 'sh', ...args], options);
    if (result.truncated.stdout) throw scriptError(what, 'the output exceeds what the agent captures');
    const stderr = firstWords(result.stderr);
    if (result.exitCode === 0) return { stdout: result.stdout, stderr };
    const status =
      result.exitCode === undefined ? `killed by signal ${result.signal}` : `exit status ${result.exitCode}`;
    throw scriptError(what, stderr || status);
  }
}

/** Returns the error of a script that failed. */
export function scriptError(what: string, reason: string): GuestError {
  return new GuestError('command', `${what}: ${reason}`, { command: 'guest-exec', desc: reason });
}
