import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, watch } from 'node:fs';
import { join } from 'node:path';
import { type Monitor, openMonitor } from './monitor.js';

/**
 * Most memory in MiB for what QEMU has translated of the guest's programs; when it is full, all of it is forgotten, and only
 * then. A guest that restarts writes its kernel and its files over its old memory, and QEMU looks for
 * each write through its translations of that page: with the million of them that 1 GiB has room for, QEMU's own choice,
 * a guest that was reset hung for more than five minutes before its kernel printed anything. A start of a guest needs no more.
 */
export const TRANSLATION_CACHE = 256;

/** The kernel arguments of every guest. */
export const kernelArguments = [
  ...['root=/dev/vda', 'rw', 'console=ttyS0', 'quiet'],
  // What protects the guest from others costs time.
  ...['mitigations=off', 'apparmor=0', 'selinux=0', 'audit=0'],
  // QEMU keeps a translation of a program for each address that it is at: programs that start at the same address each time
  // need but one, and most of an emulated guest's time goes into translating.
  'norandmaps',
].join(' ');

/** Waits until a file is there, or fails when QEMU has ended. */
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
  /** Settles when QEMU has ended, with its exit status. */
  readonly ended: Promise<number | null>;
  kill(): Promise<void>;
}

/**
 * Starts QEMU; it comes back when QEMU listens on all its sockets.
 *
 * @param folder where `args` say that the monitor's socket, `monitor`, is to be
 */
export async function startQemu(folder: string, args: readonly string[]): Promise<Qemu> {
  // A socket of an earlier run would look as if QEMU listened already.
  rmSync(join(folder, 'monitor'), { force: true });
  const qemu = spawn(
    // Killed with us, however we end: a guest is nothing to leave behind.
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
