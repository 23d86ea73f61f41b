import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { FreezeOptions } from '../../src/freeze/controller.js';
import { FreezeController } from '../../src/freeze/controller.js';
import type { FilesystemFreezer } from '../../src/freeze/filesystem-freezer.js';
import { type CollectingLogger, collectingLogger } from './logger.js';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/** The result of freezing one filesystem: true if it was frozen, false if it was skipped. */
export type FakeOutcome = boolean | Error;

/** A fake guest root whose mount points are frozen in memory only. */
export interface FakeGuestRoot extends Disposable {
  readonly folder: TemporaryFolder;
  readonly log: CollectingLogger;
  /** Operations on filesystems, in order. */
  readonly events: string[];
  /** The filesystems that are frozen. */
  readonly frozen: Set<string>;
  /** Results of freezing; true for mount points that are not in the map. */
  readonly outcomes: Map<string, FakeOutcome | Promise<FakeOutcome>>;
  /** Errors of thawing. */
  readonly thawFailures: Map<string, Error>;
  /** Replaces the mounts. */
  mount(...directories: string[]): void;
  /** Removes the list of mounts. */
  unreadable(): void;
  readonly flag: boolean;
  start(options?: Partial<FreezeOptions>): Promise<FreezeController>;
}

export function fakeGuestRoot(...directories: string[]): FakeGuestRoot {
  const folder = temporaryFolder();
  const log = collectingLogger();
  const events: string[] = [];
  const frozen = new Set<string>();
  const outcomes = new Map<string, FakeOutcome | Promise<FakeOutcome>>();
  const thawFailures = new Map<string, Error>();
  const flagPath = folder.file('qga.state.isfrozen');
  const list = folder.file('proc/self/mountinfo');

  const freezer: FilesystemFreezer = {
    prepare() {
      events.push('prepare');
    },
    async open({ directory }) {
      return {
        async freeze() {
          events.push(`freeze ${directory}${existsSync(flagPath) ? '' : ' without the flag'}`);
          const outcome = (await outcomes.get(`${directory}`)) ?? true;
          if (outcome instanceof Error) throw outcome;
          if (outcome) frozen.add(`${directory}`);
          return outcome;
        },
        async thaw() {
          const failure = thawFailures.get(`${directory}`);
          events.push(
            `thaw ${directory}${frozen.has(`${directory}`) && !existsSync(flagPath) ? ' without the flag' : ''}`,
          );
          if (failure !== undefined) throw failure;
          return frozen.delete(`${directory}`);
        },
        close() {},
      };
    },
    async openRecorded() {
      return undefined;
    },
    async reach({ directory }, mounts) {
      const mount = mounts.find((candidate) => `${candidate.directory}` === directory);
      return mount && freezer.open(mount, mounts);
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
    thawFailures,
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
