import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Why datagrams cannot be received here; false if they can. */
export const cannotReceive =
  spawnSync('socat', ['-V']).status === 0 ? false : 'receiving datagrams needs socat (Debian package socat)';

/** What has been sent to a unix socket for datagrams. Disposing of it closes the socket. */
export interface Datagrams extends Disposable {
  /** The process that receives. */
  readonly pid: number;
  /** All datagrams so far, joined. */
  readonly text: string;
  /** Settles when the text matches, with the match; the test's own time limit ends the wait. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Receives at a path, or in the abstract namespace if it begins with `@`. */
export async function receiveDatagrams(path: string): Promise<Datagrams> {
  const address = path.startsWith('@') ? `ABSTRACT-RECV:${path.slice(1)}` : `UNIX-RECV:${path}`;
  const receiver = spawn('socat', ['-u', address, 'STDOUT'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  let wake = (): void => {};
  receiver.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    wake();
  });
  // The kernel lists all unix sockets; there is no event for a new one.
  while (!readFileSync('/proc/net/unix', 'utf8').includes(` ${path}\n`)) await delay(5);
  return {
    pid: receiver.pid ?? -1,
    get text() {
      return text;
    },
    async until(pattern) {
      for (;;) {
        const match = pattern.exec(text);
        if (match !== null) return match;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    [Symbol.dispose]: () => void receiver.kill(),
  };
}
