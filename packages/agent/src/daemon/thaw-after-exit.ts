import { HELPER_TIMEOUT_S } from '../exec/helper.js';
import { FreezeController } from '../freeze/controller.js';
import { FlagFile } from '../freeze/flag-file.js';
import { RecordFile } from '../freeze/record.js';
import { createLog, silentLogger } from '../log/logger.js';
import type { Options } from '../options/options.js';
import { isEnding } from './process-status.js';

const OK = 0;
const FAILURE = 1;

/**
 * Thaws what an agent has frozen that has ended, and runs the hooks with `thaw` that it ran with `freeze`: a second safety
 * net of service managers, after the thaw of an agent that is stopped.
 * @param print writes a line to standard output
 * @returns the exit status: 1 if an agent is running, or if something may still be frozen or paused
 */
export async function thawAfterExit(
  options: Options,
  env: Readonly<Record<string, string | undefined>>,
  print: (text: string) => Promise<void>,
): Promise<number> {
  const { statedir, systemRoot: root, fsfreezeHook, fsfreezeHookDir, helperTimeout } = options;
  await using log = createLog({ format: options.logFormat });
  const hooks = await abandonedHooks(statedir, root);
  if (hooks === undefined) {
    log.error(
      `an agent is running and uses the state folder ${statedir}; stop it, or run guest-fsfreeze-thaw`,
    );
    return FAILURE;
  }
  using controller = await FreezeController.start({
    // Its messages are for an agent that continues to run.
    log: silentLogger,
    root,
    env,
    statedir,
    fsfreezeHook,
    fsfreezeHookDir,
    helperTimeout: helperTimeout ?? HELPER_TIMEOUT_S,
    freezeTimeout: 0,
  });
  if (!controller.frozen && hooks === 0) {
    await print('nothing is frozen\n');
    return OK;
  }
  try {
    const count = await controller.release('the agent had ended');
    await print(`thawed ${count} filesystems and ran ${hooks} hooks with thaw\n`);
    return OK;
  } catch (error) {
    const state = controller.frozen ? 'filesystems may still be frozen' : 'all filesystems are thawed';
    log.error(`${error instanceof Error ? error.message : String(error)}; ${state}`);
    return FAILURE;
  }
}

/** Returns the number of hooks that an agent has left; undefined if it is running. */
async function abandonedHooks(statedir: string, root: string): Promise<number | undefined> {
  using record = await RecordFile.open(statedir, root, silentLogger);
  using flag = new FlagFile(statedir, silentLogger);
  await flag.reopen();
  const areFree = (): boolean => record.lock() && flag.lock();
  // The process that has written the record may end between the first two checks.
  return areFree() || isEnding(record.record.pid) || areFree() ? record.hooks.length : undefined;
}
