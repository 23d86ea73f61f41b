import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { projectFolder } from '../compat/agents.js';

/** The result of a run of guestctl. */
export interface Run {
  /** Its exit status, or the signal that killed it. */
  readonly status: unknown;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs the program guestctl with a guest.
 *
 * @param input its standard input
 * @param meanwhile is called with the running process
 */
export async function guestctl(
  socket: string,
  args: readonly string[],
  {
    input = '',
    meanwhile = () => {},
  }: { readonly input?: string; readonly meanwhile?: (child: ChildProcess) => void } = {},
): Promise<Run> {
  const program = join(projectFolder, 'packages/cli/bin/guestctl.js');
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, GUESTCTL_TARGET: `unix:${socket}` },
  });
  meanwhile(child);
  child.stdin.end(input);
  const [out, err, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  return { status: code ?? signal, out, err };
}
