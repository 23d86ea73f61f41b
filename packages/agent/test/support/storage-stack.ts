import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/** Reads mount points, and thaws them when its standard input ends: the test has ended, or was killed. */
const RESCUE = `
  set --
  while IFS= read -r directory; do set -- "$@" "$directory"; done
  for turn in 1 2 3; do
    for directory; do timeout 1 fsfreeze -u "$directory" 2> /dev/null; done
  done`;

const SIZES = { ext4: '32M', xfs: '320M', btrfs: '128M' } as const;

/** Filesystems on loop devices on each other, in a folder of the test; the agent sees a mount list with these only. */
export interface StorageStack extends Disposable {
  readonly folder: TemporaryFolder;
  /** To be given to an agent in place of `/`. */
  readonly root: string;
  /** Makes a filesystem in a file, and mounts it at `name` in the folder. @param on the folder of the file */
  make(name: string, on?: string, type?: keyof typeof SIZES): string;
  /** Runs `mount` with these arguments; undone at the end. Returns the last one, the mount point. */
  mount(...args: string[]): string;
  unmount(directory: string): void;
  /** Replaces the mount list of the agent by the lines of these mount points, in this order. */
  list(...directories: readonly string[]): void;
}

/** Runs a program; its error has the output. */
export function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Returns true if a filesystem is not frozen: it can then be frozen, which is undone at once. */
export function isThawed(directory: string): boolean {
  if (!succeeds('fsfreeze', '--freeze', directory)) return false;
  succeeds('fsfreeze', '--unfreeze', directory);
  return true;
}

function succeeds(program: string, ...args: string[]): boolean {
  try {
    run(program, ...args);
    return true;
  } catch {
    return false;
  }
}

export function storageStack(): StorageStack {
  const folder = temporaryFolder();
  const list = folder.file('root/proc/self/mountinfo');
  mkdirSync(folder.file('root/proc/self'), { recursive: true });
  writeFileSync(list, '');
  const mounted: string[] = [];
  const rescuer = spawn('sh', ['-c', RESCUE], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  rescuer.unref();

  const mount = (...args: string[]): string => {
    const directory = args.at(-1) ?? '';
    mkdirSync(directory, { recursive: true });
    run('mount', ...args);
    mounted.push(directory);
    rescuer.stdin.write(`${directory}\n`);
    return directory;
  };
  const unmount = (directory: string): void => {
    run('umount', directory);
    mounted.splice(mounted.lastIndexOf(directory), 1);
  };
  return {
    folder,
    root: folder.file('root'),
    make(name, on = folder.path, type = 'ext4') {
      const image = `${on}/${name}.img`;
      run('truncate', '-s', SIZES[type], image);
      run(`mkfs.${type}`, '-q', image);
      return mount('-o', 'loop', image, folder.file(name));
    },
    mount,
    unmount,
    list(...directories) {
      const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
      const chosen = directories.map((directory) => {
        const line = lines.find((candidate) => candidate.split(' ')[4] === directory);
        if (line === undefined) throw new Error(`${directory} is not mounted`);
        return `${line}\n`;
      });
      writeFileSync(list, chosen.join(''));
    },
    [Symbol.dispose]() {
      for (let turn = 0; turn < 3; turn++) {
        for (const directory of mounted) succeeds('fsfreeze', '--unfreeze', directory);
      }
      if (rescuer.pid !== undefined) process.kill(-rescuer.pid, 'SIGKILL');
      for (const directory of mounted.toReversed()) run('umount', '--lazy', directory);
      folder[Symbol.dispose]();
    },
  };
}
