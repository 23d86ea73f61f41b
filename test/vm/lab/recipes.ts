// How the guests are made. This file is part of the cache key, so everything that determines a guest belongs here.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** The kinds of Debian 13 guests: by init system, and one with every kind of disk. */
export type GuestKind = 'systemd' | 'storage' | 'sysvinit';

/** The names of the ports in the guest. */
export const GUESTD_PORT = 'org.qemu.guest_agent.0';
export const REFERENCE_PORT = 'org.guestwire.reference.0';

/** The C agent under another name, so that it stays when our Debian package replaces Debian's. */
const REFERENCE_AGENT = '/usr/local/sbin/reference-agent';
const startReference = `${REFERENCE_AGENT} --retry-path -p /dev/virtio-ports/${REFERENCE_PORT} -t /run/reference`;

interface Recipe {
  readonly packages: readonly string[];
  /** Dependencies of other packages that are left out. */
  readonly without: readonly string[];
  /** Files by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly links: Readonly<Record<string, string>>;
  /** Lines for `/etc/inittab`. */
  readonly inittab: string;
}

const kernelAndReference = ['linux-image-cloud-amd64', 'qemu-guest-agent', 'udev', 'kmod'] as const;

/** The modules that mount the root. Without them the initrd has a hundred more. */
const earlyModules = ['virtio_pci', 'virtio_blk', 'ext4'];

/** The initrd of all guests, which only loads these modules, resumes after a suspend to disk and mounts the root. */
const initrd = {
  '/etc/initramfs-tools/conf.d/modules': 'MODULES=list\n',
  '/etc/initramfs-tools/modules': earlyModules.map((name) => `${name}\n`).join(''),
} as const;

const common = {
  ...initrd,
  '/etc/fstab': '/dev/vda / ext4 defaults 0 0\n',
  '/etc/hostname': 'guest\n',
} as const;

/** Makes the initrd without a second udev, which takes longer than the rest of the emulated start until the root is mounted. */
const makeInitrd = `cd /usr/share/initramfs-tools
rm hooks/udev scripts/*/udev
update-initramfs -u`;

const unneeded = [
  'apt-daily-upgrade.timer',
  'apt-daily.timer',
  'dev-hugepages.mount',
  'dev-mqueue.mount',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty.target',
  'modprobe@.service',
  'proc-sys-fs-binfmt_misc.automount',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'systemd-journal-flush.service',
  'systemd-random-seed.service',
  'systemd-sysctl.service',
  'systemd-tmpfiles-clean.timer',
  'systemd-udev-load-credentials.service',
] as const;

const systemd: Recipe = {
  packages: [...kernelAndReference, 'systemd-sysv', 'dbus', 'iproute2', 'libpam-systemd'],
  without: [],
  files: {
    ...common,
    // A journal on a frozen disk would block every program that logs, including the C agent of the tests.
    '/etc/systemd/journald.conf.d/volatile.conf': '[Journal]\nStorage=volatile\n',
    '/etc/systemd/system/reference-agent.service': `[Service]
ExecStartPre=/bin/mkdir -p /run/reference
ExecStart=${startReference}
Restart=always
`,
    // Most devices are terminals and ACPI objects, for which no rule has an effect here.
    '/etc/systemd/system/systemd-udev-trigger.service.d/fewer.conf': `[Service]
ExecStart=
ExecStart=udevadm trigger --action=add ${['acpi', 'tty', 'vc'].map((name) => `--subsystem-nomatch=${name}`).join(' ')}
`,
  },
  links: {
    '/etc/systemd/system/multi-user.target.wants/reference-agent.service': '../reference-agent.service',
    '/etc/systemd/system/default.target': '/lib/systemd/system/multi-user.target',
    // They take half of the time of an emulated start and are not needed.
    ...Object.fromEntries(unneeded.map((unit) => [`/etc/systemd/system/${unit}`, '/dev/null'])),
  },
  inittab: '',
};

const recipes: Readonly<Record<GuestKind, Recipe>> = {
  systemd,
  storage: {
    ...systemd,
    // The cloud kernel has no USB support.
    packages: [
      ...systemd.packages.map((name) => (name === 'linux-image-cloud-amd64' ? 'linux-image-amd64' : name)),
      ...['btrfs-progs', 'cryptsetup-bin', 'e2fsprogs', 'lvm2', 'mdadm'],
    ],
  },
  sysvinit: {
    packages: [
      ...kernelAndReference,
      'initscripts',
      'kbd', // Without it pm-utils report a failure after a suspend, and an agent tries the next method.
      'orphan-sysvinit-scripts',
      'pm-utils',
      'procps',
      'sysvinit-core',
    ],
    // Not used here, but an agent that finds systemctl runs it first.
    without: ['systemd'],
    files: common,
    links: {},
    inittab: `gr:2345:respawn:/bin/sh -c 'mkdir -p /run/reference; exec ${startReference}'\n`,
  },
};

function run(file: string, ...args: readonly string[]): void {
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Makes a raw image of a filesystem with a copy of a folder. */
export function makeDisk(tree: string, disk: string, size: string): void {
  run('/usr/sbin/mke2fs', '-q', '-t', 'ext4', '-d', tree, '-F', disk, size);
}

function furnish(tree: string, { files, links, inittab }: Recipe): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    symlinkSync(target, join(tree, path));
  }
  // Otherwise systemd updates its databases at every start of a new overlay.
  for (const folder of ['etc', 'var']) writeFileSync(join(tree, folder, '.updated'), '');
  copyFileSync(join(tree, 'usr/sbin/qemu-ga'), join(tree, REFERENCE_AGENT));
  if (inittab !== '') appendFileSync(join(tree, 'etc/inittab'), inittab);
}

function bootFile(tree: string, prefix: string): string {
  const name = readdirSync(join(tree, 'boot')).find((entry) => entry.startsWith(prefix));
  if (name === undefined) throw new Error(`the guest has no /boot/${prefix}*`);
  return join(tree, 'boot', name);
}

/** Makes the root filesystem of a guest as a folder. Takes a minute. */
export function makeTree(kind: GuestKind, tree: string): void {
  const recipe = recipes[kind];
  const include = `--include=${recipe.packages.join(',')}`;
  run('/usr/sbin/debootstrap', '--variant=minbase', include, 'trixie', tree);
  if (recipe.without.length > 0) {
    run('/usr/sbin/chroot', tree, 'dpkg', '--purge', '--force-depends', ...recipe.without);
  }
  chmodSync(tree, 0o755);
  furnish(tree, recipe);
  run('/usr/sbin/chroot', tree, '/bin/sh', '-ec', makeInitrd);
  rmSync(join(tree, 'var/cache/apt/archives'), { recursive: true });
}

/** Copies a guest's root filesystem and installs a Debian package in the copy; no service is started. */
export function installPackage(from: string, tree: string, packageFile: string): void {
  run('/bin/cp', '--archive', '--reflink=auto', from, tree);
  const policy = join(tree, 'usr/sbin/policy-rc.d');
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  copyFileSync(packageFile, join(tree, 'package.deb'));
  run('/usr/sbin/chroot', tree, 'dpkg', '-i', '/package.deb');
  for (const path of [policy, join(tree, 'package.deb')]) rmSync(path);
}

/** Writes `vmlinuz`, `initrd.img` and `disk.img` beside `tree`, the root filesystem. */
export function makeImage(folder: string): void {
  const tree = join(folder, 'tree');
  copyFileSync(bootFile(tree, 'vmlinuz-'), join(folder, 'vmlinuz'));
  copyFileSync(bootFile(tree, 'initrd.img-'), join(folder, 'initrd.img'));
  makeDisk(tree, join(folder, 'disk.img'), '1500M');
}
