// Finds or installs the C agent of QEMU 10.0, the reference for compatibility.
//
//   node tools/reference-agent.mjs
//
// Prints one line of JSON, {"command": [...], "root": "/root/folder/of/the/agent"}, and exits with status 0; or prints
// what is missing, and exits with status 1.
//
// GUESTWIRE_QEMU_GA names a program, or a folder to chroot into, to use. The default is the agent of Debian 13,
// which debootstrap installs once, in about half a minute, in a folder below $XDG_CACHE_HOME/guestwire (~/.cache/guestwire).
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { moveIntoPlace } from './move-into-place.mjs';

const release = '10.0';
const suite = 'trixie';
const programInside = '/usr/sbin/qemu-ga';
const chroot = '/usr/sbin/chroot';

class Missing extends Error {}

const inFolder = (root) => ({ command: [chroot, root, programInside], root });

const isFolder = (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const named = (path) => {
  if (!existsSync(path)) throw new Missing(`GUESTWIRE_QEMU_GA: ${path} does not exist`);
  return isFolder(path) ? inFolder(path) : { command: [path], root: '' };
};

const install = (folder, cache) => {
  const debootstrap = '/usr/sbin/debootstrap';
  if (!existsSync(debootstrap)) {
    throw new Missing(
      `qemu-ga ${release} is missing: install the Debian package debootstrap, which installs it`,
    );
  }
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, 'unfinished-'));
  try {
    const options = ['--variant=minbase', '--include=qemu-guest-agent', suite, unfinished];
    const { status, stdout, stderr } = spawnSync(debootstrap, options, { encoding: 'utf8' });
    if (status !== 0) {
      const last = `${stdout}${stderr}`.trim().split('\n').at(-1);
      throw new Missing(`debootstrap ${options.join(' ')} failed (is there a network?): ${last}`);
    }
    // mkdtemp makes the folder private, but the agent must reach folders inside.
    execFileSync('chmod', ['755', unfinished]);
    moveIntoPlace(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
};

const cached = () => {
  if (process.getuid() !== 0) throw new Missing(`qemu-ga ${release} runs in a chroot: run as root`);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'guestwire');
  const folder = join(cache, suite);
  if (!existsSync(join(folder, programInside))) install(folder, cache);
  return inFolder(folder);
};

try {
  const agent = process.env.GUESTWIRE_QEMU_GA ? named(process.env.GUESTWIRE_QEMU_GA) : cached();
  const [file, ...first] = agent.command;
  const { stdout, error } = spawnSync(file, [...first, '--version'], { encoding: 'utf8' });
  const version = /\d+\.\d+(?=\.)/.exec(stdout ?? '')?.[0];
  if (version !== release) {
    const found = version ? `is release ${version}` : `does not start${error ? `: ${error.message}` : ''}`;
    throw new Missing(`qemu-ga ${release} is required, but ${agent.command.join(' ')} ${found}`);
  }
  console.log(JSON.stringify(agent));
} catch (error) {
  if (!(error instanceof Missing)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
