import { once } from 'node:events';
import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { type DiskMaker, overlayOn } from './disks.js';
import { GUESTD_PORT, type GuestImage, REFERENCE_PORT } from './guest-image.js';
import type { Monitor } from './monitor.js';
import { ownedFolder } from './owned-folder.js';
import { kernelArguments, startQemu, TRANSLATION_CACHE } from './qemu.js';

/** The parts of a machine. */
export interface Hardware {
  readonly image: GuestImage;
  /** More disks: `/dev/vdb`, `/dev/vdc` and so on. */
  readonly disks?: readonly DiskMaker[];
  /** Disks on other controllers. */
  readonly otherDisks?: readonly PluggedDisk[];
  /** More devices in the form of QEMU's `-device`, such as controllers of other disks. */
  readonly devices?: readonly string[];
  /** Networks in the form of QEMU's `-netdev`. */
  readonly networks?: readonly string[];
  /** More arguments for the kernel. */
  readonly kernelArguments?: string;
}

/** A disk and its device. */
export interface PluggedDisk {
  readonly make: DiskMaker;
  /** In the form of QEMU's `-device`; the drive is added. */
  readonly device: string;
}

/** A running guest. Disposing it ends QEMU and removes the guest's overlay. */
export interface Machine extends AsyncDisposable {
  /** The host's end of the port of guestd. */
  readonly agentSocket: string;
  /** The host's end of the port of the C agent. */
  readonly referenceSocket: string;
  /** The host's end of the second serial line, `/dev/ttyS1` in the guest. */
  readonly serialSocket: string;
  readonly monitor: Monitor;
  /** Resolves with QEMU's exit status when it has ended. */
  readonly ended: Promise<number | null>;
  /** Returns the output of the serial console so far. */
  console(): string;
  /** Waits for a line with this text on the console, and returns it. */
  prints(text: string): Promise<string>;
  /** Starts QEMU again, with the same disks, after it has ended. */
  startAgain(): Promise<void>;
  /** Adds a port of this name to the running guest, and returns the host's end. */
  plug(port: string): Promise<string>;
  /** Removes a port from the running guest. */
  unplug(port: string): Promise<void>;
}

/** The initial ports, with their names in QEMU, in the guest and in our folder. */
const ports = { agent: GUESTD_PORT, reference: REFERENCE_PORT } as const;

function commandLine(
  { image, kernelArguments: more = '', devices = [], networks = [], otherDisks = [] }: Hardware,
  folder: string,
  disks: readonly string[],
): string[] {
  const virtio = disks.slice(0, disks.length - otherDisks.length);
  const socket = (id: string): string => `socket,path=${join(folder, id)},server=on,wait=off,id=${id}`;
  return [
    // Kernel 6.12 panics under this emulator at 16-byte compare-and-exchange, so it is disabled.
    ...['-M', 'q35', '-accel', `tcg,tb-size=${TRANSLATION_CACHE}`],
    ...['-cpu', 'qemu64,-cx16', '-smp', '1', '-m', '768'],
    ...['-global', 'ICH9-LPC.disable_s3=0', '-nodefaults', '-display', 'none'],
    ...['-kernel', image.kernel, '-initrd', image.initrd],
    ...['-append', `${kernelArguments} ${more}`],
    ...['-drive', `file=${join(folder, 'root')},format=qcow2,if=virtio`],
    ...virtio.flatMap((disk) => ['-drive', `file=${disk},format=raw,if=virtio`]),
    ...networks.flatMap((network) => ['-netdev', network]),
    ...devices.flatMap((device) => ['-device', device]),
    ...otherDisks.flatMap(({ device }, index) => [
      ...['-drive', `file=${disks[virtio.length + index]},format=raw,if=none,id=other-${index}`],
      ...['-device', `${device},drive=other-${index}`],
    ]),
    ...[
      '-chardev',
      `file,path=${join(folder, 'console')},append=on,id=console`,
      '-serial',
      'chardev:console',
    ],
    ...['-chardev', socket('serial'), '-serial', 'chardev:serial'],
    ...['-chardev', socket('monitor'), '-mon', 'chardev=monitor,mode=control'],
    ...['-device', 'virtio-rng-pci', '-device', 'virtio-serial'],
    ...Object.entries(ports).flatMap(([id, name]) => [
      ...['-chardev', socket(id), '-device', `virtserialport,chardev=${id},name=${name},id=${name}`],
    ]),
  ];
}

/** Yields a value now and after each change of a file. */
async function* changes(path: string): AsyncGenerator<void> {
  const watcher = watch(path);
  try {
    for (;;) {
      yield;
      await once(watcher, 'change');
    }
  } finally {
    watcher.close();
  }
}

/**
 * Starts a guest under QEMU's software emulation. Resolves when QEMU listens; the agents reply about twenty seconds
 * later.
 */
export async function boot(hardware: Hardware): Promise<Machine> {
  const own = ownedFolder();
  const folder = own.path;
  const file = (name: string): string => join(folder, name);
  const console = (): string => readFileSync(file('console'), 'latin1');
  let plugged = 0;
  /** The host's end of each port, by the port's name. */
  const sockets = new Map<string, string>(Object.entries(ports).map(([id, name]) => [name, id]));
  try {
    overlayOn(hardware.image.disk, file('root'));
    const makers = [...(hardware.disks ?? []), ...(hardware.otherDisks ?? []).map(({ make }) => make)];
    const disks = makers.map((make, index) => ({ make, path: file(`disk-${index}`) }));
    for (const { make, path } of disks) await make(path);
    const args = commandLine(
      hardware,
      folder,
      disks.map(({ path }) => path),
    );
    let qemu = await startQemu(folder, args);
    return {
      agentSocket: file('agent'),
      referenceSocket: file('reference'),
      serialSocket: file('serial'),
      get monitor() {
        return qemu.monitor;
      },
      get ended() {
        return qemu.ended;
      },
      console,
      async prints(text) {
        for await (const _ of changes(file('console'))) {
          const line = console()
            .split(/\r?\n/)
            .find((candidate) => candidate.includes(text));
          if (line !== undefined) return line;
        }
        throw new Error('the console was closed');
      },
      async startAgain() {
        await qemu.ended;
        qemu.monitor[Symbol.dispose]();
        qemu = await startQemu(folder, args);
      },
      async plug(port) {
        const id = sockets.get(port) ?? `plugged-${++plugged}`;
        if (!sockets.has(port)) {
          sockets.set(port, id);
          const addr = { type: 'unix', data: { path: file(id) } };
          const backend = { type: 'socket', data: { addr, server: true, wait: false } };
          await qemu.monitor.execute('chardev-add', { id, backend });
        }
        await qemu.monitor.execute('device_add', {
          driver: 'virtserialport',
          id: port,
          name: port,
          chardev: id,
        });
        return file(id);
      },
      async unplug(port) {
        await qemu.monitor.execute('device_del', { id: port });
        while ((await qemu.monitor.event('DEVICE_DELETED')).data?.['device'] !== port);
      },
      async [Symbol.asyncDispose]() {
        qemu.monitor[Symbol.dispose]();
        await qemu.kill();
        await own[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await own[Symbol.asyncDispose]();
    throw error;
  }
}
