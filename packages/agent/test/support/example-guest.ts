import { appendFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { assembleAgent, type KernelParts } from '../../src/agent.js';
import type { Agent } from '../../src/assembled-agent.js';
import { deviceFolder } from './device-folder.js';
import { MemoryTransport } from './memory-transport.js';
import { fakeNetlink } from './network-messages.js';
import { type StandIns, standIns } from './stand-ins.js';
import { tzif } from './tzif.js';
import { utmpRecord } from './utmp-record.js';

/** The guest that the examples of the contract are about, of files and stand-ins, and a real agent in it. */
export interface ExampleGuest extends AsyncDisposable {
  /** Under which the guest's files lie. */
  readonly root: string;
  send(request: string): void;
  /** The next line that the agent sends, without its newline; one character for each byte. */
  line(): Promise<string>;
  /** What has been done to the guest: programs that were run, and what the kernel was asked to do; in order. */
  deeds(): string[];
}

const KEY = {
  desk: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEm+QXrXQICgAxtja0TPwm/dAGVJLWzTsDOWDEQUlVz3 alice@desk',
  phone: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEVWnaV/S3v0cteoZO9HgUUcrmOD/un7CuQMWaoc5HW3 alice@phone',
};

/**
 * Begins such a guest. Nothing that it is asked touches the machine under it, save a program that an example runs by its
 * absolute path.
 */
export async function exampleGuest(): Promise<ExampleGuest> {
  const folder = deviceFolder();
  const guest = standIns(folder);
  furnish(guest);
  plugIn(folder);
  const note = (deed: string): void => appendFileSync(guest.env['CALLS'] ?? '', `${deed}\n`);

  const transport = new MemoryTransport();
  let agent: Agent;
  try {
    agent = await assembleAgent(
      { transport, statedir: guest.root, systemRoot: guest.root, env: guest.env, version: '0.1.0' },
      kernelParts(note),
    );
    await agent.start();
  } catch (error) {
    guest[Symbol.dispose]();
    throw error;
  }
  let taken = 0;
  return {
    root: guest.root,
    send: (request) => transport.send(`${request}\n`),
    async line() {
      taken += 1;
      return (await transport.lines(taken))[taken - 1] ?? '';
    },
    deeds: guest.calls,
    async [Symbol.asyncDispose]() {
      await agent.stop();
      guest[Symbol.dispose]();
    },
  };
}

function kernelParts(note: (deed: string) => void): KernelParts {
  return {
    freezer: {
      prepare() {},
      open: async ({ directory }) => ({
        async freeze() {
          note(`freeze ${directory}`);
          return true;
        },
        async thaw() {
          note(`thaw ${directory}`);
          return true;
        },
        close() {},
      }),
      openRecorded: async () => undefined,
      reach: async () => undefined,
    },
    devices: {
      async trim(directory, minimum) {
        note(`trim ${directory} from ${minimum}`);
        return `${directory}` === '/srv'
          ? { error: 'trim not supported' }
          : { trimmed: 3_221_225_472n, minimum };
      },
      space: async () => ({ blockSize: 4096n, blocks: 2_565_120n, free: 1_930_240n, available: 1_794_304n }),
      smart: async () => undefined,
    },
    clock: {
      now: () => 1_763_800_000_123_456n,
      set: (seconds, microseconds) => note(`clock ${seconds} s ${microseconds} µs`),
    },
    netlink: fakeNetlink([
      {
        name: 'lo',
        hardwareAddress: '00:00:00:00:00:00',
        ipv4: { bytes: '7f000001', prefix: 8 },
        ipv6: { bytes: '00000000000000000000000000000001', prefix: 128 },
      },
      {
        name: 'eth0',
        hardwareAddress: '52:54:00:1f:a2:07',
        ipv4: { bytes: 'c0a87a4c', prefix: 24 },
        ipv6: { bytes: 'fe80000000000000505400fffe1fa207', prefix: 64 },
      },
    ]),
  };
}

/** Its files, and the programs that the agent runs. */
function furnish(guest: StandIns): void {
  // A user without a name is one, too.
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  guest.file('etc/hostname', 'web1\n');
  guest.file('etc/motd', 'Back at noon.\n');
  guest.file('etc/passwd', `root:x:0:0::/root:/bin/sh\nalice:x:${uid}:${gid}::/home/alice:/bin/sh\n`);
  guest.file(
    'etc/os-release',
    `PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION="13 (trixie)"\nID=debian\n`,
  );
  guest.file('etc/localtime', tzif({ version: 2, types: [['JST', 32_400]], changes: [], rule: 'JST-9' }));
  guest.file('home/alice/.ssh/authorized_keys', `# my keys\n${KEY.desk}\n${KEY.phone}\n`);
  guest.file('var/log/backup.log', 'begun 03:00:01\nended 03:12:47\n');
  guest.file(
    'var/run/utmp',
    Buffer.concat([
      utmpRecord({ user: 'reboot', seconds: 1_763_700_000, type: 2 }),
      utmpRecord({ user: 'alice', seconds: 1_763_793_125, microseconds: 250_000 }),
    ]),
  );

  guest.file('proc/loadavg', '0.75 0.50 0.25 1/187 4242\n');
  guest.file('proc/self/mountinfo', mountInfo(['254:1', '/', 'ext4'], ['254:16', '/srv', 'xfs']));
  guest.file(
    'proc/diskstats',
    ' 254       0 vda 16817 6275 1259030 5206 10273 11496 504712 8871 0 8220 15190 210 0 6144000 812 1431 300\n',
  );
  guest.file(
    'proc/stat',
    'cpu  9124 3 4410 712345 811 0 95 27 0 0\ncpu0 9124 3 4410 712345 811 0 95 27 0 0\n',
  );
  guest.file(
    'proc/net/dev',
    `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:    8864     104    0    0    0     0          0         0     8864     104    0    0    0     0       0          0
  eth0: 7340912    5120    0    3    0     0          0         0   418233    3987    0    0    0     0       0          0
`,
  );
  guest.file(
    'proc/net/route',
    `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t${onThisMachine('00000000')}\t${onThisMachine('c0a87a01')}\t0003\t0\t0\t100\t${onThisMachine('00000000')}\t0\t0\t0
`,
  );
  guest.file(
    'proc/net/ipv6_route',
    'fe800000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 00000002 00000000 00000001     eth0\n',
  );

  for (const program of ['sbin/shutdown', 'sbin/hwclock']) {
    guest.script(program, `echo "\${0##*/} $*" >> $CALLS`);
  }
  guest.script('bin/systemctl', '[ "$1" = status ] && exit 3\necho "systemctl $*" >> $CALLS');
  guest.script('bin/chpasswd', 'IFS= read -r line\necho "chpasswd $line" >> $CALLS');
  guest.script('bin/df', `[ "$*" = '--output=pcent /' ] || exit 1\nprintf 'Use%%\\n 25%%\\n'`);
}

/** The list of mounts: for each the device's number, the place and the kind. */
function mountInfo(
  ...mounts: readonly (readonly [number: string, directory: string, type: string])[]
): string {
  return mounts
    .map(([number, place, type], i) => `${i} 0 ${number} / ${place} rw - ${type} /dev/x rw\n`)
    .join('');
}

/** An IPv4 address in hexadecimal as `/proc/net/route` has it: one number, in the order of the machine. */
function onThisMachine(hex: string): string {
  return endianness() === 'LE' ? Buffer.from(hex, 'hex').reverse().toString('hex').toUpperCase() : hex;
}

/** Its processors, its memory and its disks. */
function plugIn({ block, link, write }: ReturnType<typeof deviceFolder>): void {
  write('sys/devices/system/cpu/cpu0/topology/core_id', '0\n');
  write('sys/devices/system/cpu/cpu1/online', '1\n');
  write('sys/devices/system/memory/block_size_bytes', '8000000\n');
  for (const [index, removable] of [
    [0, 0],
    [32, 1],
  ]) {
    write(`sys/devices/system/memory/memory${index}/state`, 'online\n');
    write(`sys/devices/system/memory/memory${index}/removable`, `${removable}\n`);
  }
  const vda = 'pci0000:00/0000:00:04.0/virtio1/block/vda';
  const vdb = 'pci0000:00/0000:00:05.0/virtio2/block/vdb';
  write('sys/bus/pci/drivers/virtio-pci/bind', '');
  for (const slot of [4, 5]) {
    link(`sys/devices/pci0000:00/0000:00:0${slot}.0/driver`, 'sys/bus/pci/drivers/virtio-pci');
  }
  block(vda, '254:0', { udev: ['E:ID_SERIAL=root-0001'] });
  block(`${vda}/vda1`, '254:1', { partition: true });
  block(vdb, '254:16', { udev: ['E:ID_SERIAL=data-0001'] });
}
