import { executionError, OverdueError, runHelper } from '../exec/helper.js';
import type { GuestSystem } from '../guest/guest-system.js';
import { OperationError } from '../operation-error.js';
import { checkAccess } from './hook-access.js';
import { checkDispatchedHooks } from './hook-folder.js';

/** After a cancel, milliseconds that a hook has to end by itself before it is killed. */
const CANCEL_GRACE_MS = 5_000;

/** For an agent that was started without a `PATH`. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Others must not be able to change what a hook creates. */
const UMASK = 0o022;

const ACTION = 'execute fsfreeze hook';

export interface HookOptions extends Omit<GuestSystem, 'root'> {
  /** Absolute path of a hook; absent for none. */
  readonly fsfreezeHook?: string | undefined;
  /** Absolute path of a folder of hooks, which follow `fsfreezeHook`; absent for none. */
  readonly fsfreezeHookDir?: string | undefined;
}

/** A hook has failed. The message is the text of qemu-ga §5.4; a hook of the folder is named before it. */
export class HookError extends OperationError {
  /** It was killed, so that it could not undo what it had done. */
  readonly wasKilled: boolean;

  constructor(path: string | undefined, cause: OperationError) {
    super(path === undefined ? cause.message : `${path}: ${cause.message}`, { cause });
    this.wasKilled = cause instanceof OverdueError;
  }
}

/**
 * Runs one hook, in the environment of the agent, with the working directory `/` and an empty standard input. Its access
 * rights are checked before.
 * @param path absolute
 * @param signal aborted when the hook is no longer wanted: it has five seconds to end by itself
 * @throws {HookError}
 * @throws {OperationError} if others could change the hook, or if it does not exist
 */
export async function runHook(
  path: string,
  argument: 'freeze' | 'thaw',
  options: HookOptions,
  signal?: AbortSignal,
): Promise<void> {
  const { log, env, fsfreezeHook, fsfreezeHookDir, helperTimeout } = options;
  const named = path === fsfreezeHook ? undefined : path;
  await assertExecutable(path);
  if (named === undefined) await checkDispatchedHooks(path);
  log.syslog(`executing fsfreeze hook ${named === undefined ? '' : `${named} `}with arg '${argument}'`);
  const cancel = signal === undefined ? {} : { cancel: { signal, grace: CANCEL_GRACE_MS } };
  const helper = { name: path, args: [argument], action: ACTION, cwd: '/', umask: UMASK, ...cancel };
  // The dispatcher of the package does not run the hooks of this folder a second time.
  const folder = fsfreezeHookDir === undefined ? {} : { GUESTD_FSFREEZE_HOOK_DIR: fsfreezeHookDir };
  try {
    await runHelper(helper, { env: { PATH: DEFAULT_PATH, ...env, ...folder }, helperTimeout });
  } catch (error) {
    if (error instanceof OperationError) throw new HookError(named, error);
    throw error;
  }
}

/** @throws {OperationError} if others could change the hook, or if it does not exist */
export async function assertExecutable(path: string): Promise<void> {
  try {
    await checkAccess(path);
  } catch (error) {
    if (error instanceof OperationError) throw error;
    throw executionError(ACTION, path, error);
  }
}
