import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errnoText } from '@guestwire/posix';
import { type Logger, silentLogger } from '../log/logger.js';
import { attemptAsync, OperationError } from '../operation-error.js';
import { checkAccess } from './hook-access.js';

/** What editors and package managers leave beside a hook (qemu-ga §9), and hidden files. */
const LEFTOVER =
  /^\.|~$|\.(bak|orig|sample|rpmnew|rpmorig|rpmsave|dpkg-(old|new|tmp|dist|bak|backup|remove))$/;

const EXECUTABLE = 0o111;

/**
 * Returns the paths of the hooks in a folder, in the order of the bytes of their names. Leftovers of editors and package
 * managers are ignored; what else cannot be executed is skipped with a warning.
 * @param folder an absolute path
 * @throws {OperationError} if the folder cannot be read, or others could put a hook there
 */
export async function readHookFolder(folder: string, log: Logger): Promise<readonly string[]> {
  const names = await attemptAsync(`failed to read the folder of fsfreeze hooks ${folder}`, async () => {
    await checkAccess(folder);
    return readdir(folder, { encoding: 'buffer' });
  });
  const paths: string[] = [];
  for (const bytes of names.sort(Buffer.compare)) {
    const name = bytes.toString();
    if (isLeftover(name)) continue;
    const path = `${folder.replace(/\/+$/, '')}/${name}`;
    // Node passes paths to programs as UTF-8; it would execute another file, or none.
    if (!Buffer.from(name).equals(bytes))
      throw new OperationError(`fsfreeze hook ${path}: name is not UTF-8`);
    const obstacle = await whyNotExecutable(path);
    if (obstacle === undefined) paths.push(path);
    else log.warning(`skipped fsfreeze hook ${path}: ${obstacle}`);
  }
  return paths;
}

/**
 * Checks the folder `fsfreeze-hook.d` beside a hook: if the hook is a dispatcher (qemu-ga §9), it runs what is there as root.
 * @throws {OperationError} if others can change the folder or a program in it
 */
export async function checkDispatchedHooks(hook: string): Promise<void> {
  const folder = join(dirname(hook), 'fsfreeze-hook.d');
  try {
    await stat(folder);
  } catch {
    return;
  }
  for (const path of await readHookFolder(folder, silentLogger)) await checkAccess(path);
}

/** Returns true for the name of a file that is no hook, even if it is executable. */
export function isLeftover(name: string): boolean {
  return LEFTOVER.test(name);
}

async function whyNotExecutable(path: string): Promise<string | undefined> {
  let stats: Stats;
  try {
    stats = await stat(path);
  } catch (error) {
    return errnoText(error);
  }
  if (!stats.isFile()) return 'it is no regular file';
  return (stats.mode & EXECUTABLE) === 0 ? 'it is not executable' : undefined;
}
