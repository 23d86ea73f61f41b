import { datagramSender } from '@guestwire/posix';
import { MAX_TIMER_MS } from '../timer.js';

type Environment = Record<string, string | undefined>;

/**
 * Returns functions that report the state of the daemon as `sd_notify` does, to the service manager that the environment
 * names, if any. Its variables are removed, so that child processes cannot send notifications. Notifying uses no file and
 * never waits, so it works while filesystems are frozen. The event loop resets the watchdog, which expires if it hangs.
 */
export function createNotifier(env: Environment) {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC: limit = '', WATCHDOG_PID: watched } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  // Not later: it loads code, which must not happen while filesystems are frozen.
  const sender = path === undefined ? undefined : datagramSender(path);
  const isWatched = watched === undefined || watched === String(process.pid);
  const limitMs = isWatched && /^\d{1,18}$/.test(limit) ? Number(limit) / 1000 : 0;
  let watchdog: NodeJS.Timeout | undefined;
  const send = (...lines: string[]): void => void sender?.send(Buffer.from(`${lines.join('\n')}\n`));
  return {
    /** Also after a reload. Starts to reset the watchdog. */
    ready(): void {
      send('READY=1', `MAINPID=${process.pid}`);
      if (sender === undefined || limitMs === 0 || watchdog !== undefined) return;
      const period = Math.max(1, Math.min(Math.floor(limitMs / 2), MAX_TIMER_MS));
      send('WATCHDOG=1');
      watchdog = setInterval(() => send('WATCHDOG=1'), period).unref();
    },
    // The service manager compares this time with its own, on the same clock.
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => send('STOPPING=1', 'STATUS=Stopping'),
    /** Sets the line that `systemctl status` shows. */
    status: (text: string) => send(`STATUS=${text}`),
    [Symbol.dispose](): void {
      clearInterval(watchdog);
      sender?.[Symbol.dispose]();
    },
  };
}
