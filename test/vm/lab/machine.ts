import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestdPort, guestImage, payloadDisk, referencePort } from './guest-image.js';
import { type Monitor, openMonitor } from './monitor.js';

/** A running guest. Disposing it ends QEMU and removes everything that the guest has written. */
export interface Machine extends AsyncDisposable {
  /** The host's end of the port that our agent listens on. */
  readonly agentSocket: string;
  /** The host's end of the port that the C agent listens on. */
  readonly referenceSocket: string;
  readonly monitor: Monitor;
  /** Settles when QEMU has ended, with its exit status. */
  readonly ended: Promise<number | null>;
  /** What the guest has written to its serial console so far. */
  console(): string;
}

const created = async (folder: string, name: string, gaveUp: Promise<unknown>): Promise<void> => {
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
};

/**
 * Starts a guest under QEMU's software emulation. It comes back as soon as QEMU listens; the agents answer some
 * twenty seconds later.
 */
export const boot = async (): Promise<Machine> => {
  const image = guestImage();
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-vm-'));
  const socket = (name: string): string => `socket,path=${join(folder, name)},server=on,wait=off,id=${name}`;
  const qemu: ChildProcess = spawn(
    // Killed with us, however we end: a guest is nothing to leave behind.
    '/usr/bin/setpriv',
    [
      ...['--pdeathsig', 'KILL', '/usr/bin/qemu-system-x86_64'],
      // Kernel 6.12 panics under this emulator at 16-byte compare-and-exchange, so the guest does not get it.
      ...['-M', 'q35,accel=tcg', '-cpu', 'qemu64,-cx16', '-smp', '1', '-m', '768'],
      ...['-nodefaults', '-display', 'none', '-no-reboot'],
      ...['-kernel', image.kernel, '-initrd', image.initrd],
      ...['-append', 'root=/dev/vda rw console=ttyS0 quiet'],
      ...['-drive', `file=${image.disk},format=raw,if=virtio,snapshot=on`],
      ...['-drive', `file=${payloadDisk(folder)},format=raw,if=virtio,readonly=on`],
      ...['-serial', `file:${join(folder, 'console')}`],
      ...['-chardev', socket('monitor'), '-mon', 'chardev=monitor,mode=control'],
      ...['-device', 'virtio-serial'],
      ...['-chardev', socket('agent'), '-device', `virtserialport,chardev=agent,name=${guestdPort}`],
      ...[
        '-chardev',
        socket('reference'),
        '-device',
        `virtserialport,chardev=reference,name=${referencePort}`,
      ],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(qemu, 'exit').then(([status]: (number | null)[]) => status ?? null);
  const dispose = async (): Promise<void> => {
    qemu.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await created(folder, 'monitor', ended);
    const monitor = await openMonitor(join(folder, 'monitor'));
    return {
      agentSocket: join(folder, 'agent'),
      referenceSocket: join(folder, 'reference'),
      monitor,
      ended,
      console: () => readFileSync(join(folder, 'console'), 'latin1'),
      async [Symbol.asyncDispose]() {
        monitor[Symbol.dispose]();
        await dispose();
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
};
