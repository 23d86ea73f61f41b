import { posix } from 'node:path';
import { GuestError, isGuestError } from '../guest-error.js';
import { cannotRunPrograms, GuestShell } from './guest-shell.js';

/**
 * The folder for incomplete files, beside their destinations. Only its owner can access it, so that others can neither read a file
 * before it has its permissions nor replace it with a link.
 */
export const PARTIAL_FOLDER = '.guestwire-partial';

/** A shell function that creates such a folder, or checks that an existing one belongs to the agent. */
export const MAKE_OWN_FOLDER = `
own() {
  if [ ! -d "$1" ]; then mkdir -m 700 -- "$1" || return 1; fi
  if [ -L "$1" ] || [ ! -O "$1" ]; then echo "$1: not a folder that belongs to the agent; remove it" >&2; return 1; fi
}
`;

/** Gives `$1` the mode `$3`, or that of the file `$2`, and renames it to `$2`. Does not follow a link at `$2`. */
const RENAME = `
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
const REMOVE_TIMEOUT_MS = 5000;

/** Returns a mode as an argument of `chmod`; throws a {@link RangeError} for other bits than permissions. */
export function octal(mode: number): string {
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777) throw new RangeError(`invalid file mode ${mode}`);
  return mode.toString(8);
}

function explainNoPrograms(feature: string, cause: unknown): unknown {
  if (!cannotRunPrograms(cause) || !isGuestError(cause)) return cause;
  const message = `${feature} needs programs in the guest, which the agent does not run: ${cause.message}`;
  return new GuestError(cause.code, message, { command: 'guest-exec', cause });
}

/**
 * Has a file written to a partial file and then renamed: readers see either the old or the new contents. A link at
 * `path` is replaced, not followed. Without `mode` the file keeps the old one, or gets 0644.
 */
export async function replaceFile<T>(
  shell: GuestShell,
  path: string,
  mode: number | undefined,
  write: (partial: string) => Promise<T>,
): Promise<T> {
  const folder = posix.join(posix.dirname(path), PARTIAL_FOLDER);
  const partial = posix.join(folder, posix.basename(path));
  const what = `replace ${path}`;
  try {
    await shell.run(what, `${MAKE_OWN_FOLDER} own "$1"`, [folder]);
  } catch (error) {
    throw explainNoPrograms('an atomic write', error);
  }
  try {
    const result = await write(partial);
    await shell.run(what, RENAME, [partial, path, mode === undefined ? '' : octal(mode)]);
    return result;
  } catch (error) {
    // The options of the write may be why it failed.
    const cleanup = new GuestShell(shell.guest, { timeout: REMOVE_TIMEOUT_MS });
    await cleanup.run(what, REMOVE, [partial]).catch(() => {});
    throw error;
  }
}

/** Creates an empty file that only its owner can read, unless it exists. */
const CREATE_PRIVATE = `
if [ -e "$1" ]; then exit 0; fi
umask 077; set -C; : > "$1"
`;

const CHANGE_MODE = `
chmod -- "$2" "$1"
`;

/** Has a file written in place and changes its mode. A new file is private until then. */
export async function withMode<T>(
  shell: GuestShell,
  path: string,
  mode: number,
  write: () => Promise<T>,
): Promise<T> {
  const args = [path, octal(mode)];
  try {
    await shell.run(`create ${path}`, CREATE_PRIVATE, args);
  } catch (error) {
    throw explainNoPrograms('a file mode', error);
  }
  const result = await write();
  await shell.run(`change the mode of ${path}`, CHANGE_MODE, args);
  return result;
}
