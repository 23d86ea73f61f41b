import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { type Monitor, openMonitor } from './monitor.js';

/**
 * The size in MiB of QEMU's cache of translated code, which is only flushed when it is full. A guest that restarts overwrites
 * its old memory, and for each write QEMU searches all translations of that page: with QEMU's default of 1 GiB, a million
 * translations, a guest that was reset hung for more than five minutes. A guest starts equally fast with this size.
 */
export const TRANSLATION_CACHE = 256;

/** The kernel arguments of every guest. */
export const kernelArguments = [
  ...['root=/dev/vda', 'rw', 'console=ttyS0', 'quiet'],
  // Mitigations of CPU vulnerabilities cost time.
  ...['mitigations=off', 'apparmor=0', 'selinux=0', 'audit=0'],
  // QEMU translates a program for each address at which it is loaded. Without address randomisation one translation is
  // enough, and most of the time of an emulated guest goes into translating.
  'norandmaps',
].join(' ');

/** Waits until a file exists; rejects when QEMU has ended. */
async function created(folder: string, name: string, gaveUp: Promise<unknown>): Promise<void> {
  const path = join(folder, name);
  const watcher = watch(folder);
  try {
    const appeared = (async () => {
      while (!existsSync(path)) await once(watcher, 'change');
    })();
    await Promise.race([
      appeared,
      gaveUp.then(() => {
        throw new Error('QEMU ended before it made its sockets');
      }),
    ]);
  } finally {
    watcher.close();
  }
}

/** A running QEMU. */
export interface Qemu {
  readonly monitor: Monitor;
  /** Resolves with QEMU's exit status when it has ended. */
  readonly ended: Promise<number | null>;
  kill(): Promise<void>;
}

/**
 * Starts QEMU; resolves when QEMU listens on all its sockets.
 *
 * @param folder contains the monitor's socket, `monitor`, according to `args`
 */
export async function startQemu(folder: string, args: readonly string[]): Promise<Qemu> {
  // A socket of an earlier run would look like a listening QEMU.
  rmSync(join(folder, 'monitor'), { force: true });
  const qemu = spawn(
    // The kernel kills QEMU when this process ends.
    '/usr/bin/setpriv',
    ['--pdeathsig', 'KILL', '/usr/bin/qemu-system-x86_64', ...args],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(qemu, 'exit').then(([status]: (number | null)[]) => status ?? null);
  const kill = async (): Promise<void> => {
    qemu.kill('SIGKILL');
    await ended;
  };
  try {
    await created(folder, 'monitor', ended);
    return { monitor: await openMonitor(join(folder, 'monitor')), ended, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}
