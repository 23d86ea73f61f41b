import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../../../bin/guestctl.js', import.meta.url));

/** A guestctl process. */
export interface Program {
  readonly child: ChildProcessWithoutNullStreams;
  /** Its exit status, or the name of the signal that killed it, and what it printed. */
  readonly end: Promise<{ readonly status: unknown; readonly out: string; readonly err: string }>;
  /** Resolves when standard error matches; rejects if the process ends before. */
  printed(pattern: RegExp): Promise<void>;
}

/** Starts a guestctl process with an open standard input. */
export function startProgram(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const child = spawn(process.execPath, [file, ...args], { env: { ...process.env, ...env } });
  const ended = once(child, 'exit');
  let soFar = '';
  child.stderr.on('data', (chunk) => {
    soFar += String(chunk);
  });
  const end = Promise.all([text(child.stdout), text(child.stderr), ended]).then(
    ([out, err, [code, signal]]) => ({ status: code ?? signal, out, err }),
  );
  return {
    child,
    end,
    async printed(pattern) {
      while (!pattern.test(soFar)) {
        const more = await Promise.race([once(child.stderr, 'data'), ended.then(() => undefined)]);
        if (more === undefined && !pattern.test(soFar)) {
          throw new Error(`guestctl exited without printing ${pattern}: ${soFar}`);
        }
      }
    },
  };
}
