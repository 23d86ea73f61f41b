import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What libvirt tells about its machines without having been asked, as `virsh event` prints it. */
export interface LibvirtEvents extends Disposable {
  /**
   * Waits for an event whose line has this text, and gives the line from the event's name on. What came before it is
   * not waited for again.
   */
  next(text: string, patience?: number): Promise<string>;
  /** How many events have come so far. */
  count(): number;
  /** The events after the first `count`, up to the last that was waited for. */
  since(count: number): readonly string[];
}

/** Most time in milliseconds for an event, by default: a guest has to start in it. */
const DEFAULT_PATIENCE = 300_000;

/**
 * Listens. Events reach it from some time after this on: to be sure that none is missed, cause one and wait for it.
 */
export function listenToLibvirt(uri: string): LibvirtEvents {
  const virsh = spawn(
    '/usr/bin/setpriv',
    ['--pdeathsig', 'KILL', '/usr/bin/virsh', '--connect', uri, 'event', '--all', '--loop'],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { LC_ALL: 'C' } },
  );
  const lines: string[] = [];
  /** How many of them lie behind the last that was waited for, itself included. */
  let passed = 0;
  let wake = (): void => {};
  createInterface({ input: virsh.stdout }).on('line', (line) => {
    lines.push(line.replace(/^event /, ''));
    wake();
  });
  return {
    async next(text, patience = DEFAULT_PATIENCE) {
      for (const deadline = Date.now() + patience; ; ) {
        const index = lines.findIndex((line, place) => place >= passed && line.includes(text));
        const found = lines[index];
        if (found !== undefined) {
          passed = index + 1;
          return found;
        }
        if (Date.now() >= deadline) {
          throw new Error(
            `no event with ${text} within ${patience / 1000} s, but: ${lines.slice(passed).join('; ')}`,
          );
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, deadline - Date.now());
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
    count: () => lines.length,
    since: (count) => lines.slice(count, passed),
    [Symbol.dispose]: () => virsh.kill('SIGKILL'),
  };
}
