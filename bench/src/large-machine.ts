import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { AgentProgram } from '@guestwire/test/agents';

/** What a large machine has in addition to this one. */
export interface MachineSize {
  /** Loop devices, each with a mounted ext4. */
  readonly disks: number;
  /** Mounts, with those of the disks; the others are bind mounts of a folder on this machine's disk: fewer than 50, or a multiple of 50. */
  readonly mounts: number;
  /** IPv4 addresses of the loopback interface. */
  readonly addresses: number;
}

/** The machine of the targets. */
export const LARGE: MachineSize = { disks: 50, mounts: 200, addresses: 200 };

/** A machine with many disks, mounts and addresses. Disposing it detaches the disks. */
export interface LargeMachine extends Disposable {
  /** Runs a program in it: mounts and addresses are in namespaces that end with the program. */
  inside<Program extends AgentProgram>(program: Program): Program;
}

/** Why this machine cannot be made large; `undefined` if it can. */
export function cannotBeLarge(): string | undefined {
  if (process.getuid?.() !== 0) return 'a large machine needs root';
  if (!works('unshare', '--mount', '--net', 'true'))
    return 'a large machine needs unshare (Debian package util-linux) and the right to make namespaces';
  if (!works('ip', '-V')) return 'a large machine needs ip (Debian package iproute2)';
  if (!works('mkfs.ext4', '-V')) return 'a large machine needs mkfs.ext4 (Debian package e2fsprogs)';
  if (!works('losetup', '--find')) return 'a large machine needs loop devices';
  return undefined;
}

function works(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

/** As small as an ext4 can be without trouble. */
const DISK_BYTES = 2 ** 21;

/** Makes the disks, and the folders and the script for what is made in namespaces. @param folder in /dev/shm, where all agents see it */
export function makeLargeMachine(size: MachineSize, folder: string): LargeMachine {
  const base = mkdtempSync(join(folder, 'machine-'));
  // A folder on a disk, since qemu-ga does not list mounts of tmpfs.
  const source = mkdtempSync(join(tmpdir(), 'guestwire-bench-'));
  const devices: string[] = [];
  const release = (): void => {
    process.off('exit', release);
    for (const device of devices) spawnSync('losetup', ['--detach', device]);
    rmSync(source, { recursive: true, force: true });
    rmSync(base, { recursive: true, force: true });
  };
  // A signal must not leave disks.
  process.on('exit', release);
  try {
    for (let index = 0; index < size.disks; index++) {
      devices.push(makeDisk(join(base, `disk-${index}.img`)));
      mkdirSync(join(base, `disk-${index}`));
    }
    const script = join(base, 'setup.sh');
    const groups = groupsOf(size.mounts - size.disks);
    for (let index = 0; index < groups.size - 1; index++) mkdirSync(join(source, String(index)));
    for (let index = 0; index < groups.count; index++) mkdirSync(join(base, `group-${index}`));
    writeFileSync(join(base, 'addresses'), addressLines(size.addresses));
    writeFileSync(script, setupScript({ base, source, devices, groups }));
    return {
      inside: (program) => ({
        ...program,
        command: [
          '/usr/bin/unshare',
          '-m',
          '-n',
          '/bin/sh',
          '-ec',
          '. "$0"; exec "$@"',
          script,
          ...program.command,
        ],
      }),
      [Symbol.dispose]: release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

function makeDisk(image: string): string {
  const file = openSync(image, 'w');
  ftruncateSync(file, DISK_BYTES);
  closeSync(file);
  execFileSync('mkfs.ext4', ['-q', '-O', '^has_journal', image]);
  return execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8' }).trim();
}

/** Mounts in groups of one size: a group is mounted again with all of its mounts by one call. */
export interface MountGroups {
  readonly size: number;
  readonly count: number;
}

const GROUP_SIZE = 50;

/** Returns groups with this number of mounts; rounded down to a multiple of the size if there are several. */
export function groupsOf(mounts: number): MountGroups {
  if (mounts <= 0) return { size: 0, count: 0 };
  const size = Math.min(mounts, GROUP_SIZE);
  return { size, count: Math.floor(mounts / size) };
}

/** Returns commands for `ip -batch` that add addresses to the loopback interface. */
export function addressLines(count: number): string {
  const lines = Array.from({ length: count }, (_, index) => {
    return `address add 10.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}/32 dev lo`;
  });
  return ['link set lo up', ...lines, ''].join('\n');
}

/** Returns the shell script that mounts and adds addresses in new namespaces. Agents have no `PATH`. */
export function setupScript({
  base,
  source,
  devices,
  groups,
}: {
  readonly base: string;
  readonly source: string;
  readonly devices: readonly string[];
  readonly groups: MountGroups;
}): string {
  const mount = '/usr/bin/mount';
  const first = `${base}/group-0`;
  const inGroup = Array.from({ length: Math.max(0, groups.size - 1) }, (_, index) => index);
  const copies = Array.from({ length: Math.max(0, groups.count - 1) }, (_, index) => index + 1);
  return [
    `/usr/sbin/ip -batch ${base}/addresses`,
    ...devices.map((device, index) => `${mount} -t ext4 ${device} ${base}/disk-${index}`),
    ...(groups.count > 0 ? [`${mount} --bind ${source} ${first}`] : []),
    ...inGroup.map((index) => `${mount} --bind ${source}/${index} ${first}/${index}`),
    ...copies.map((index) => `${mount} --rbind ${first} ${base}/group-${index}`),
    '',
  ].join('\n');
}
