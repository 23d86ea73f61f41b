import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The events of libvirt's machines, as `virsh event` prints them. */
export interface LibvirtEvents extends Disposable {
  /**
   * Waits for an event whose line has this text, and returns the line from the event's name on. Earlier events are
   * skipped.
   */
  next(text: string, patience?: number): Promise<string>;
  /** Returns the number of events so far. */
  count(): number;
  /** Returns the events after the first `count`, up to the last one that `next` returned. */
  since(count: number): readonly string[];
}

/** The default milliseconds until an event: enough for the start of a guest. */
const DEFAULT_PATIENCE = 300_000;

/** Listens to events. The first ones may be missed: cause an event and wait for it before you rely on this. */
export function listenToLibvirt(uri: string): LibvirtEvents {
  const virsh = spawn(
    '/usr/bin/setpriv',
    ['--pdeathsig', 'KILL', '/usr/bin/virsh', '--connect', uri, 'event', '--all', '--loop'],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { LC_ALL: 'C' } },
  );
  const lines: string[] = [];
  /** The number of events up to the last one that `next` returned. */
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
