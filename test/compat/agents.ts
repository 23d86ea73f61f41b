/** The agents that can be compared: guestd, and the C agents that are installed here or can be installed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** How to start an agent. */
export interface AgentProgram {
  /** The name in output: `guestd`, `qemu-ga 10.0`, `qemu-ga 7.2`. */
  readonly name: string;
  /** The program and its first arguments. */
  readonly command: readonly [string, ...string[]];
  /** The folder that the agent sees as `/`; `''` for the real one. */
  readonly root: string;
  /** The user that the program runs as, who owns the private folder; the one of this process if absent. */
  readonly user?: number;
}

/** A listening agent. Disposing it ends the process and removes its folder. */
export interface RunningAgent extends AsyncDisposable {
  readonly pid: number;
  /** The socket, as this process sees it. */
  readonly socket: string;
  /** A private folder, as this process sees it. */
  readonly folder: string;
  /** The same folder, as the agent sees it. */
  readonly folderInside: string;
}

/** The top folder of the project. */
export const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));

/** Our agent: as built, or the single executable that `GUESTWIRE_GUESTD` names. */
export function ourAgent(): AgentProgram {
  const executable = process.env['GUESTWIRE_GUESTD'];
  const built = [process.execPath, join(projectFolder, 'packages/agent/bin/guestd.js')] as const;
  return { name: 'guestd', command: executable ? [executable] : built, root: '' };
}

/** Returns our agent as `npm run package` makes it; undefined if it has not been made. */
export function ourExecutable(): AgentProgram | undefined {
  const executable = join(projectFolder, 'dist/package/guestd');
  return existsSync(executable) ? { name: 'guestd', command: [executable], root: '' } : undefined;
}

/** The C agents on this machine, by release; and what to do for those that are missing. */
export interface ReferenceAgents {
  readonly '10.0'?: AgentProgram;
  readonly '7.2'?: AgentProgram;
  /** Why 10.0 is missing, with the Debian package to install. */
  readonly missing?: string;
}

function releaseOf(program: string): string | undefined {
  try {
    return /(\d+\.\d+)\.\d+/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1];
  } catch {
    return undefined;
  }
}

/** Finds the C agents, and installs 10.0 if it is missing on this machine. */
export function referenceAgents(): ReferenceAgents {
  const installed = ['/usr/sbin/qemu-ga', '/usr/bin/qemu-ga'].find((path) => existsSync(path));
  const older: { '7.2'?: AgentProgram } =
    installed !== undefined && releaseOf(installed) === '7.2'
      ? { '7.2': { name: 'qemu-ga 7.2', command: [installed], root: '' } }
      : {};
  try {
    const found: unknown = JSON.parse(
      execFileSync(process.execPath, [join(projectFolder, 'tools/reference-agent.mjs')], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    const { command, root } = found as { command: [string, ...string[]]; root: string };
    return { ...older, '10.0': { name: 'qemu-ga 10.0', command, root } };
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? '';
    return { ...older, missing: said === '' ? String(error) : said };
  }
}

/**
 * The command that runs a program without any of root's privileges, so that no mistake in a test can freeze or
 * stop the machine it runs on; file permissions then mean what they say, too.
 */
export function unprivileged({ command, ...rest }: AgentProgram): AgentProgram {
  if (process.getuid?.() !== 0) return { command, ...rest };
  const drop = ['/usr/bin/setpriv', '--bounding-set=-all', '--inh-caps=-all', '--'] as const;
  // Drops the privilege for chroot only after entering it.
  return rest.root === ''
    ? { ...rest, command: [...drop, ...command] }
    : { ...rest, command: [command[0], ...command.slice(1, 2), ...drop, ...command.slice(2)] };
}

/** The user of no file. */
const NOBODY = 65_534;

/**
 * Returns the command that runs a program as a user who can read every file and write none but those of the private
 * folder, for requests that name any path.
 */
export function readOnly({ command, ...rest }: AgentProgram): AgentProgram {
  const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--no-new-privs'] as const;
  const only = ['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+dac_read_search`);
  const drop = ['/usr/bin/setpriv', ...ids, ...only, '--'] as const;
  const [program, ...first] = command;
  return rest.root === ''
    ? { ...rest, user: NOBODY, command: [...drop, ...command] }
    : { ...rest, user: NOBODY, command: [program, ...first.slice(0, 1), ...drop, ...first.slice(1)] };
}

function canConnect(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.end();
      socket.resume();
      socket.once('close', () => resolve(true));
    });
    socket.once('error', () => resolve(false));
  });
}

/** Only a failed start reaches this limit; a busy machine takes a few seconds. */
const START_TIMEOUT_MS = 60_000;

/**
 * Starts an agent on a new socket, and returns when it listens.
 *
 * @param environment in addition; without a `PATH` in it the agent finds no helper program, so none is ever run
 */
export async function startAgent(
  program: AgentProgram,
  options: readonly string[] = [],
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<RunningAgent> {
  const base = join(program.root, program.root === '' ? tmpdir() : '/tmp');
  const folder = mkdtempSync(join(base, 'guestwire-'));
  const folderInside = folder.slice(program.root.length);
  const socket = join(folder, 'q.sock');
  mkdirSync(join(folder, 'state'));
  if (program.user !== undefined) {
    for (const owned of [folder, join(folder, 'state')]) chownSync(owned, program.user, program.user);
  }
  const paths = ['-p', join(folderInside, 'q.sock'), '-t', join(folderInside, 'state')];
  const [file, ...first] = program.command;
  const started = performance.now();
  const child: ChildProcess = spawn(file, [...first, '-m', 'unix-listen', ...paths, ...options], {
    env: { ...process.env, PATH: folderInside, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      said += error.message;
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  while (!(await canConnect(socket))) {
    if (
      child.exitCode !== null ||
      child.pid === undefined ||
      performance.now() - started > START_TIMEOUT_MS
    ) {
      await stop();
      throw new Error(`${program.name} does not listen: ${said || 'it said nothing'}`);
    }
    await delay(1);
  }
  return {
    pid: child.pid ?? -1,
    socket,
    folder,
    folderInside,
    [Symbol.asyncDispose]: stop,
  };
}
