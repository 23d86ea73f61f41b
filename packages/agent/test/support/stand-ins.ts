import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/** A root and a `PATH` of a test's own, with shell scripts in place of programs. */
export interface StandIns extends Disposable {
  /** To be found under in place of `/`. */
  readonly root: string;
  /** An environment whose `PATH` has the folder `bin` of the root and nothing else. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: TemporaryFolder;
  /** Puts a script at a path under the root; in `bin` it is found through `PATH`. `$CALLS` is the log of calls. */
  script(path: string, body: string): void;
  /** Puts a file at a path under the root. */
  file(path: string, content: string | Buffer): void;
  /** The lines that scripts have written to `$CALLS`. */
  calls(): string[];
}

/** @param folder what is to be the root, and goes when the stand-ins do */
export function standIns(folder: TemporaryFolder = temporaryFolder()): StandIns {
  const root = folder.path;
  const log = folder.file('calls');
  mkdirSync(folder.file('bin'));
  const file = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(folder.file(path)), { recursive: true });
    writeFileSync(folder.file(path), content);
  };
  return {
    root,
    env: { PATH: folder.file('bin'), CALLS: log },
    folder,
    script(path, body) {
      file(path, `#!/bin/sh\n${body}\n`);
      chmodSync(folder.file(path), 0o755);
    },
    file,
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** Children of this process that have ended and have not been waited for. */
export function zombies(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, state, parent] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
        return state === 'Z' && Number(parent) === process.pid ? [pid] : [];
      } catch {
        return [];
      }
    });
}
