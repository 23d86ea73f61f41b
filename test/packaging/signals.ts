// Signals that arrive while a program starts.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What one start under signals has left. */
export interface SignalledStart {
  /** The signal that ended the process. */
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  /** The number of observations in which the process listened on a TCP port. */
  readonly listening: number;
}

/** Returns the arguments and the folder of an agent that waits for a host on a private socket. */
function idleAgent(): { readonly args: readonly string[] } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-start-'));
  return {
    args: ['--method=unix-listen', `--path=${join(folder, 'ga.sock')}`, `--statedir=${folder}`],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * Starts an agent and sends it SIGUSR1 again and again, for the first time after a number of milliseconds, until it ends.
 */
export async function startUnderSignals(
  command: readonly [string, ...string[]],
  firstMs: number,
): Promise<SignalledStart> {
  using agent = idleAgent();
  const [program, ...args] = command;
  const child = spawn(program, [...args, ...agent.args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const text = child.stderr.setEncoding('utf8').toArray();
  const ended = once(child, 'exit');
  await delay(firstMs);
  let listening = 0;
  while (isRunning(child)) {
    child.kill('SIGUSR1');
    if (listensOnTcp(child.pid)) listening++;
    await delay(1);
  }
  const [, signal]: (NodeJS.Signals | null)[] = await ended;
  return { signal: signal ?? null, stderr: (await text).join(''), listening };
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

/** Returns whether a process has a TCP socket in the state LISTEN. */
function listensOnTcp(pid: number | undefined): boolean {
  try {
    const inodes = ['tcp', 'tcp6'].flatMap((table) => listeningInodes(`/proc/${pid}/net/${table}`));
    const open = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    return inodes.some((inode) => open.includes(`socket:[${inode}]`));
  } catch {
    // It has ended.
    return false;
  }
}

function listeningInodes(table: string): string[] {
  const rows = readFileSync(table, 'utf8').trimEnd().split('\n').slice(1);
  return rows.map((row) => row.trim().split(/\s+/)).flatMap((row) => (row[3] === '0A' ? [row[9] ?? ''] : []));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed in the meantime.
    return '';
  }
}
