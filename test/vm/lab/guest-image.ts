import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { projectFolder } from '../../compat/agents.js';

/** What QEMU needs to start a guest. */
export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
  /** The root filesystem; to be opened copy-on-write. */
  readonly disk: string;
}

/** Where the agents find their ports inside the guest. */
export const guestdPort = 'org.qemu.guest_agent.0';
export const referencePort = 'org.guestwire.reference.0';

const packages = 'linux-image-cloud-amd64,systemd-sysv,udev,dbus,qemu-guest-agent';

/** Files that make a Debian guest of ours: the agent from the second disk, the C agent beside it on a port of its own. */
const files: Readonly<Record<string, string>> = {
  '/etc/fstab': '/dev/vda / ext4 defaults 0 0\n/dev/vdb /opt/guestwire ext4 ro 0 0\n',
  '/etc/hostname': 'guest\n',
  // A journal on a frozen disk would block whoever logs, the agent that looks after the guest included.
  '/etc/systemd/journald.conf.d/volatile.conf': '[Journal]\nStorage=volatile\n',
  '/etc/systemd/system/guestd.service': `[Unit]
RequiresMountsFor=/opt/guestwire
After=dev-virtio\\x2dports-${guestdPort}.device
Wants=dev-virtio\\x2dports-${guestdPort}.device
[Service]
ExecStart=/opt/guestwire/node /opt/guestwire/packages/agent/bin/guestd.js --statedir /run --verbose
Restart=always
RestartSec=0
`,
  '/etc/systemd/system/reference-agent.service': `[Unit]
After=dev-virtio\\x2dports-${referencePort}.device
Wants=dev-virtio\\x2dports-${referencePort}.device
[Service]
ExecStartPre=/bin/mkdir -p /run/reference
ExecStart=/usr/sbin/qemu-ga -p /dev/virtio-ports/${referencePort} -t /run/reference
Restart=always
`,
};

const units = ['guestd.service', 'reference-agent.service'];

const recipe = JSON.stringify([packages, files, units]);

const cacheFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'guestwire');

const run = (file: string, ...args: readonly string[]): void => {
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
};

const makeDisk = (tree: string, disk: string, size: string): void =>
  run('/usr/sbin/mke2fs', '-q', '-t', 'ext4', '-d', tree, '-F', disk, size);

const furnish = (tree: string): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  mkdirSync(join(tree, 'opt/guestwire'), { recursive: true });
  const system = join(tree, 'etc/systemd/system');
  // The package's own unit would take our agent's port.
  symlinkSync('/dev/null', join(system, 'qemu-guest-agent.service'));
  const wanted = join(system, 'multi-user.target.wants');
  mkdirSync(wanted, { recursive: true });
  for (const unit of units) symlinkSync(`../${unit}`, join(wanted, unit));
};

const bootFile = (tree: string, prefix: string): string => {
  const name = readdirSync(join(tree, 'boot')).find((entry) => entry.startsWith(prefix));
  if (name === undefined) throw new Error(`the guest has no /boot/${prefix}*`);
  return join(tree, 'boot', name);
};

const build = (into: string): void => {
  mkdirSync(dirname(into), { recursive: true });
  const work = mkdtempSync(`${into}-unfinished-`);
  try {
    const tree = join(work, 'tree');
    run('/usr/sbin/debootstrap', '--variant=minbase', `--include=${packages}`, 'trixie', tree);
    chmodSync(tree, 0o755);
    furnish(tree);
    copyFileSync(bootFile(tree, 'vmlinuz-'), join(work, 'vmlinuz'));
    copyFileSync(bootFile(tree, 'initrd.img-'), join(work, 'initrd.img'));
    makeDisk(tree, join(work, 'disk.img'), '1500M');
    rmSync(tree, { recursive: true });
    renameSync(work, into);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
};

/** The guest's root filesystem and kernel; made once on a machine, in about a minute, and then kept. */
export const guestImage = (): GuestImage => {
  const key = createHash('sha256').update(recipe).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `guest-${key}`);
  if (!existsSync(folder)) build(folder);
  return {
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd.img'),
    disk: join(folder, 'disk.img'),
  };
};

/** Makes the disk that carries this build of our agent, and the Node that runs it, into the guest. */
export const payloadDisk = (folder: string): string => {
  const tree = join(folder, 'payload');
  copyTree(process.execPath, join(tree, 'node'));
  for (const name of ['qapi', 'protocol', 'agent']) {
    for (const part of ['package.json', 'bin', 'dist/src']) {
      const from = join(projectFolder, 'packages', name, part);
      if (existsSync(from)) copyTree(from, join(tree, 'packages', name, part));
    }
    mkdirSync(join(tree, 'node_modules/@guestwire'), { recursive: true });
    symlinkSync(`../../packages/${name}`, join(tree, 'node_modules/@guestwire', name));
  }
  for (const name of ['koffi', '@koromix']) {
    copyTree(join(projectFolder, 'node_modules', name), join(tree, 'node_modules', name));
  }
  const disk = join(folder, 'payload.img');
  makeDisk(tree, disk, '300M');
  rmSync(tree, { recursive: true });
  return disk;
};

const copyTree = (from: string, to: string): void => {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
};
