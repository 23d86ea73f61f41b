import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/** Seconds after which a separate process thaws, if a test fails. */
const RESCUE_SECONDS = 20;

/** Filesystems on loop devices, and a root whose mount list has these and no others: nothing else can be frozen. */
export interface LoopFilesystems extends Disposable {
  readonly folder: TemporaryFolder;
  /** Mount points, in the order of the mount list. */
  readonly directories: readonly string[];
  /** To be given to an agent in place of `/`. */
  readonly root: string;
  /** Adds a line to the mount list, before all others, of a filesystem that is not there. */
  listMissing(directory: string): void;
}

const TYPES = [
  { type: 'ext4', mkfs: 'mkfs.ext4', quiet: '-q', tool: 'e2fsprogs', megabytes: 32 },
  { type: 'xfs', mkfs: 'mkfs.xfs', quiet: '-q', tool: 'xfsprogs', megabytes: 320 },
] as const;

function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Why filesystems cannot be frozen here; false if they can. */
export function cannotFreeze(): string | false {
  if (process.getuid?.() !== 0) return 'freezing needs root';
  for (const { mkfs, tool } of TYPES) {
    if (!works(mkfs, '-V')) return `freezing needs ${mkfs} (Debian package ${tool})`;
  }
  if (!works('fsfreeze', '--version')) return 'freezing needs fsfreeze (Debian package util-linux)';
  if (!works('losetup', '--find')) return 'freezing needs a loop device';
  return false;
}

/** Makes and mounts an ext4 and an xfs. A separate process thaws them after a while, even if the test fails. */
export function loopFilesystems(): LoopFilesystems {
  const folder = temporaryFolder();
  const directories: string[] = [];
  let rescuer: ChildProcess | undefined;
  const release = (): void => {
    for (const directory of directories.toReversed()) {
      works('fsfreeze', '-u', directory);
      execFileSync('umount', [directory]);
    }
    if (rescuer?.pid !== undefined) process.kill(-rescuer.pid, 'SIGKILL');
    folder[Symbol.dispose]();
  };
  try {
    for (const { type, mkfs, quiet, megabytes } of TYPES) {
      const image = folder.file(`${type}.img`);
      const directory = folder.file(`${type} mount`);
      mkdirSync(directory);
      execFileSync('truncate', ['-s', `${megabytes}M`, image]);
      execFileSync(mkfs, [quiet, image], { stdio: 'ignore' });
      execFileSync('mount', ['-o', 'loop', image, directory]);
      directories.push(directory);
    }
    const thaw = `sleep ${RESCUE_SECONDS}; for directory; do fsfreeze -u "$directory"; done`;
    rescuer = spawn('sh', ['-c', thaw, 'sh', ...directories], { detached: true, stdio: 'ignore' });
    rescuer.unref();
  } catch (error) {
    release();
    throw error;
  }

  const escaped = directories.map((directory) => directory.replaceAll(' ', '\\040'));
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const ours = lines.filter((line) => escaped.includes(line.split(' ')[4] ?? ''));
  const list = folder.file('root/proc/self/mountinfo');
  mkdirSync(folder.file('root/proc/self'), { recursive: true });
  writeFileSync(list, `${ours.join('\n')}\n`);
  if (ours.length !== TYPES.length) {
    release();
    throw new Error('the mounts are not in the list of mounts');
  }

  return {
    folder,
    directories,
    root: folder.file('root'),
    listMissing(directory) {
      const line = `1 1 250:99 / ${directory} rw - ext4 /dev/missing rw\n`;
      writeFileSync(list, line + readFileSync(list, 'utf8'));
    },
    [Symbol.dispose]: release,
  };
}
