import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loopDisk } from './faulty-agent.js';

/** Seconds after which a separate process thaws, if a test hangs. */
const RESCUE_SECONDS = 60;

/** An ext4 on a loop device that a test freezes as another program would. Disposing thaws it. */
export interface FrozenDisk extends Disposable {
  readonly directory: string;
  /** For `--system-root`: its mount list has this filesystem and no other, so that nothing else can be thawed or frozen. */
  readonly root: string;
  freeze(): void;
}

export function frozenDisk(): FrozenDisk {
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-frozen-'));
  const disk = loopDisk(folder, 16);
  const { directory } = disk;
  const root = join(folder, 'root');
  mkdirSync(join(root, 'proc/self'), { recursive: true });
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  writeFileSync(join(root, 'proc/self/mountinfo'), `${mounts.find((line) => line.includes(directory))}\n`);
  // It also thaws when the test is killed: the pipe then ends.
  const rescue = `timeout ${RESCUE_SECONDS} cat; fsfreeze -u "$1"`;
  const rescuer = spawn('sh', ['-c', rescue, 'sh', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  rescuer.unref();
  return {
    directory,
    root,
    freeze: () => void execFileSync('fsfreeze', ['-f', directory]),
    [Symbol.dispose]() {
      spawnSync('fsfreeze', ['-u', directory], { stdio: 'ignore' });
      rescuer.stdin.end();
      disk[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
