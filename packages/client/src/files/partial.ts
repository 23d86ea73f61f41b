import { posix } from 'node:path';
import type { GuestCalls } from '../calls.js';
import type { CallOptions } from '../deadline.js';
import { GuestError, isGuestError } from '../guest-error.js';
import { cannotRun, runScript } from './guest-shell.js';

/**
 * The folder, beside the files that are being replaced, in which the new ones grow. Only its owner can look into it, so
 * that nobody reads what is to be secret, and nobody in the guest puts a link in its place.
 */
export const PARTIAL_FOLDER = '.guestwire-partial';

/** Where a file grows that is to be put at `path`. */
function partialPath(path: string): string {
  return posix.join(posix.dirname(path), PARTIAL_FOLDER, posix.basename(path));
}

/** A function of the shell that makes such a folder, or makes sure that it is what we have made. */
export const MAKE_OWN_FOLDER = `
own() {
  if [ ! -d "$1" ]; then mkdir -m 700 -- "$1" || return 1; fi
  if [ -L "$1" ] || [ ! -O "$1" ]; then echo "$1 is in the way: it is not a folder of the agent" >&2; return 1; fi
}
`;

/** Gives `$1` the mode `$3`, or that of what it replaces, and puts it at `$2`. Never follows a link at `$2`. */
const PUT_IN_PLACE = `
if [ -d "$2" ]; then echo "$2 is a folder" >&2; exit 1; fi
mode=$3
if [ -z "$mode" ] && [ -f "$2" ]; then mode=$(stat -c %a -- "$2") || exit 1; fi
chmod -- "\${mode:-644}" "$1" && mv -f -- "$1" "$2" || exit 1
rmdir -- "\${1%/*}" 2>/dev/null || :
`;

const REMOVE = `
rm -f -- "$1"
rmdir -- "\${1%/*}" 2>/dev/null || :
`;

/** The mode as `chmod` takes it. */
export function octal(mode: number): string {
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777)
    throw new RangeError(`${mode} is no mode of a file`);
  return mode.toString(8);
}

function needsPrograms(what: string, cause: unknown): unknown {
  return cannotRun(cause)
    ? new GuestError(
        isGuestError(cause) ? cause.code : 'unsupported',
        `${what} takes programs in the guest, which its agent does not run: ${cause instanceof Error ? cause.message : cause}`,
        { command: 'guest-exec', cause },
      )
    : cause;
}

/**
 * Has a file written beside its place and then puts it there in one step, so that whoever reads it sees the old one or the
 * new one. What was there may be a link, which is replaced, not followed.
 *
 * @param mode of the new file; that of the old one if absent, or 0644 if there is none
 * @throws {GuestError} `unsupported`, `disabled` if the guest cannot run the programs that this takes
 */
export async function replacing<T>(
  guest: GuestCalls,
  path: string,
  mode: number | undefined,
  limits: CallOptions,
  write: (partial: string) => Promise<T>,
): Promise<T> {
  const partial = partialPath(path);
  const what = `replace ${path}`;
  try {
    await runScript(guest, what, `${MAKE_OWN_FOLDER} own "$1"`, {
      ...limits,
      args: [posix.dirname(partial)],
    });
  } catch (error) {
    throw needsPrograms('to write a file in one step', error);
  }
  try {
    const result = await write(partial);
    const args = [partial, path, mode === undefined ? '' : octal(mode)];
    await runScript(guest, what, PUT_IN_PLACE, { ...limits, args });
    return result;
  } catch (error) {
    await runScript(guest, what, REMOVE, { args: [partial], timeout: 5000 }).catch(() => {});
    throw error;
  }
}

/** Makes a file that only its owner can read, unless there is one. */
const MAKE_PRIVATE = `
if [ -e "$1" ]; then exit 0; fi
umask 077; set -C; : > "$1"
`;

const CHANGE_MODE = `
chmod -- "$2" "$1"
`;

/** Has a file written in its place, and gives it a mode; a new one is nobody else's to read before it has that mode. */
export async function withMode<T>(
  guest: GuestCalls,
  path: string,
  mode: number,
  limits: CallOptions,
  write: () => Promise<T>,
): Promise<T> {
  const args = [path, octal(mode)];
  try {
    await runScript(guest, `make ${path}`, MAKE_PRIVATE, { ...limits, args });
  } catch (error) {
    throw needsPrograms('to give a file a mode', error);
  }
  const result = await write();
  await runScript(guest, `change the mode of ${path}`, CHANGE_MODE, { ...limits, args });
  return result;
}
