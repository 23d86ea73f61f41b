import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Host } from './host.js';
import { temporaryFolder } from './temporary-folder.js';

/** The program, for `node`. */
export const GUESTD = fileURLToPath(new URL('../../../bin/guestd.js', import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

/** A running guestd. */
export type Guestd = ChildProcessByStdio<null, Readable, Readable>;

/** What a guestd that has ended has left. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts guestd as a program, in a folder of the test's own; disposing of it ends all and removes the folder. */
export interface GuestdFolder extends Disposable {
  readonly path: string;
  /** The socket of `serve`. */
  readonly socket: string;
  file(name: string): string;
  launch(args: readonly string[], env?: Environment): Guestd;
  /** Runs to the end. */
  run(...args: string[]): Promise<Ended>;
  /** Starts on the folder's socket, and waits until it answers there. */
  serve(args?: readonly string[], env?: Environment): Promise<{ child: Guestd; host: Host }>;
  /** The options that `serve` gives. */
  readonly options: readonly string[];
  /** Connects to the listener on the folder's socket, as soon as there is one. */
  connect(): Promise<Host>;
}

export function guestdFolder(): GuestdFolder {
  const folder = temporaryFolder();
  const socket = folder.file('ga.sock');
  const options = ['-m', 'unix-listen', '-p', socket, '-t', folder.path];
  const running: Guestd[] = [];

  const launch = (args: readonly string[], env: Environment = {}): Guestd => {
    const child = spawn(process.execPath, [GUESTD, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: folder.path,
      // A file that is not there, so that the machine's own configuration plays no part.
      env: { ...process.env, QGA_CONF: folder.file('none.conf'), ...env },
    });
    running.push(child);
    return child;
  };
  const connect = async (): Promise<Host> => {
    for (;;) {
      // There is no event for a socket that comes to be; connecting is the question, and costs nothing.
      const host = await Host.connect(socket).catch(() => delay(10));
      if (host !== undefined) return host;
    }
  };
  return {
    ...folder,
    socket,
    options,
    launch,
    connect,
    async run(...args) {
      const child = launch(args);
      const texts = Promise.all(
        [child.stdout, child.stderr].map(async (stream) => (await stream.toArray()).join('')),
      );
      const [code]: (number | null)[] = await once(child, 'exit');
      const [stdout = '', stderr = ''] = await texts;
      return { code: code ?? null, stdout, stderr };
    },
    async serve(args = [], env) {
      const child = launch([...options, ...args], env);
      const ended = once(child, 'exit').then(async () => {
        throw new Error(`guestd has ended: ${(await child.stderr.toArray()).join('')}`);
      });
      // Of interest only while the connection is being made.
      ended.catch(() => {});
      return { child, host: await Promise.race([connect(), ended]) };
    },
    [Symbol.dispose]() {
      for (const child of running) child.kill('SIGKILL');
      folder[Symbol.dispose]();
    },
  };
}
