import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { ourAgent } from '../compat/agents.js';
import { type Conversation, converse } from '../vm/lab/conversation.js';

/** How to start the agent of a test. */
export interface FaultyAgentOptions {
  /** A program and its arguments that run the agent under a limit: `prlimit --nofile=32`. */
  readonly under?: readonly string[];
  /** A shell script that runs in a mount namespace of the agent before it starts. */
  readonly mounts?: (agent: { readonly folder: string; readonly statedir: string }) => string;
  /** Further options of guestd. */
  readonly options?: readonly string[];
}

/** A guestd process whose surroundings fail. */
export interface FaultyAgent extends AsyncDisposable {
  readonly folder: string;
  readonly statedir: string;
  readonly socket: string;
  readonly process: ChildProcess;
  /** Opens a further connection. */
  connect(): Promise<Conversation>;
  /** Asserts that a new host can ping, open and read a file. No other host may be connected: the agent serves one. */
  assertHealthy(): Promise<void>;
  /** The memory of the process in bytes. */
  residentBytes(): number;
  /** The number of open descriptors. */
  descriptors(): number;
  /** Kills the process and starts another on the same socket and state folder. */
  restart(): Promise<void>;
  /** What the agent has written to standard error. */
  readonly log: string;
}

/** Returns why these tests cannot run here; false if they can. */
export function cannotMount(): string | false {
  if (process.getuid?.() !== 0) return 'faults need root';
  const works = (program: string, ...args: string[]): boolean =>
    spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  if (!works('mkfs.ext4', '-V')) return 'faults need mkfs.ext4 (Debian package e2fsprogs)';
  if (!works('losetup', '--find')) return 'faults need a loop device';
  if (!works('unshare', '--mount', 'true')) return 'faults need unshare (Debian package util-linux)';
  return false;
}

/** Starts guestd, and returns when it listens. Freezing is impossible: its mount list is empty. */
export async function startFaultyAgent(options: FaultyAgentOptions = {}): Promise<FaultyAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-faults-'));
  const statedir = join(folder, 'state');
  const socket = join(folder, 'agent.sock');
  mkdirSync(statedir);
  let log = '';
  const start = async (): Promise<ChildProcess> => {
    const child = spawn('/bin/sh', ['-c', scriptOf(options, { folder, statedir, socket })], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    child.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-10_000);
    });
    await listening(child, socket, () => log);
    return child;
  };
  let child = await start().catch((error: unknown) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await exited;
  };
  const agent: FaultyAgent = {
    folder,
    statedir,
    socket,
    get process() {
      return child;
    },
    get log() {
      return log;
    },
    connect: () => converse(socket),
    async assertHealthy() {
      await using host = await converse(socket);
      assert.deepEqual(await host.ask('guest-ping'), {});
      const handle = await host.ask('guest-file-open', { path: '/proc/self/comm' });
      const { eof } = (await host.ask('guest-file-read', { handle })) as { eof: boolean };
      assert.equal(eof, true);
      await host.ask('guest-file-close', { handle });
    },
    residentBytes: () => Number(/^VmRSS:\s+(\d+)/m.exec(procFile(child, 'status'))?.[1]) * 1024,
    descriptors: () => readdirSync(`/proc/${child.pid}/fd`).length,
    async restart() {
      await kill();
      rmSync(socket, { force: true });
      child = await start();
    },
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return agent;
}

function procFile(child: ChildProcess, name: string): string {
  return readFileSync(`/proc/${child.pid}/${name}`, 'utf8');
}

interface Paths {
  readonly folder: string;
  readonly statedir: string;
  readonly socket: string;
}

/** Each `exec` keeps the process number, so that this is the agent's. */
function scriptOf({ under = [], mounts, options = [] }: FaultyAgentOptions, paths: Paths): string {
  const { statedir, socket, folder } = paths;
  // Without a mount list that the agent can read, nothing on this machine can be frozen.
  const safe = ['--system-root', join(folder, 'root')];
  const command = [...under, ...ourAgent().command, '-m', 'unix-listen', '-p', socket, '-t', statedir];
  const agent = `exec ${[...command, ...safe, ...options].map(quote).join(' ')}`;
  if (mounts === undefined) return agent;
  const script = `set -e; mount --make-rprivate /; ${mounts(paths)}\n${agent}`;
  return `exec unshare --mount /bin/sh -c ${quote(script)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Waits until the agent accepts a connection. Rejects with its messages if it exits. */
async function listening(child: ChildProcess, socket: string, log: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`guestd has exited with ${child.exitCode}: ${log()}`);
    try {
      await using host = await converse(socket);
      await host.ask('guest-ping');
      return;
    } catch (error) {
      if (!/ENOENT|ECONNREFUSED/.test(String(error))) throw error;
      // There is no event for a socket that appears.
      await delay(10);
    }
  }
}

/** A small ext4 on a loop device. */
export interface LoopDisk extends Disposable {
  readonly directory: string;
  /** The file that holds the filesystem. */
  readonly image: string;
}

export function loopDisk(folder: string, megabytes: number): LoopDisk {
  const image = join(folder, 'disk.img');
  const directory = join(folder, 'disk');
  mkdirSync(directory);
  execFileSync('truncate', ['-s', `${megabytes}M`, image]);
  execFileSync('mkfs.ext4', ['-q', '-m', '0', image]);
  execFileSync('mount', ['-o', 'loop', image, directory]);
  return {
    directory,
    image,
    [Symbol.dispose]: () => void spawnSync('umount', ['--lazy', directory]),
  };
}

/** Resolves when a condition holds; for states that have no event. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}
