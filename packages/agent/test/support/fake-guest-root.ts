import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { FreezeOptions } from '../../src/freeze/controller.js';
import { FreezeController } from '../../src/freeze/controller.js';
import type { FilesystemFreezer, FreezeOutcome } from '../../src/freeze/filesystem-freezer.js';
import { type CollectingLogger, collectingLogger } from './logger.js';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/** A guest of paper: mount points that a test freezes in its head. */
export interface FakeGuestRoot extends Disposable {
  readonly folder: TemporaryFolder;
  readonly log: CollectingLogger;
  /** What was done to filesystems, in order. */
  readonly events: string[];
  /** The filesystems that are frozen. */
  readonly frozen: Set<string>;
  /** What becomes of an attempt to freeze, where it does not simply succeed. */
  readonly outcomes: Map<string, FreezeOutcome | Promise<FreezeOutcome>>;
  /** Replaces the mounts. */
  mount(...directories: string[]): void;
  /** Takes the list of mounts away. */
  unreadable(): void;
  readonly flag: boolean;
  start(options?: Partial<FreezeOptions>): Promise<FreezeController>;
}

export function fakeGuestRoot(...directories: string[]): FakeGuestRoot {
  const folder = temporaryFolder();
  const log = collectingLogger();
  const events: string[] = [];
  const frozen = new Set<string>();
  const outcomes = new Map<string, FreezeOutcome | Promise<FreezeOutcome>>();
  const flagPath = folder.file('qga.state.isfrozen');
  const list = folder.file('proc/self/mountinfo');

  const freezer: FilesystemFreezer = {
    prepare() {
      events.push('prepare');
    },
    async freeze(directory) {
      events.push(`freeze ${directory}${existsSync(flagPath) ? '' : ' without the flag'}`);
      const outcome = (await outcomes.get(`${directory}`)) ?? 'frozen';
      if (outcome === 'frozen') frozen.add(`${directory}`);
      return outcome;
    },
    async thaw(directory) {
      events.push(`thaw ${directory}${existsSync(flagPath) ? '' : ' without the flag'}`);
      return frozen.delete(`${directory}`);
    },
  };

  const mount = (...names: string[]): void => {
    mkdirSync(folder.file('proc/self'), { recursive: true });
    const lines = names.map((name, i) => `${i} 0 8:${i} / ${name} rw - ext4 /dev/sda${i} rw\n`);
    writeFileSync(list, lines.join(''));
  };
  mount(...directories);

  return {
    folder,
    log,
    events,
    frozen,
    outcomes,
    mount,
    unreadable() {
      rmSync(list);
    },
    get flag() {
      return existsSync(flagPath);
    },
    start: (options) =>
      FreezeController.start(
        {
          log,
          root: folder.path,
          env: {},
          statedir: folder.path,
          freezeTimeout: 0,
          helperTimeout: 60,
          ...options,
        },
        freezer,
      ),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}
