import { type DatagramSender, datagramSender } from '@guestwire/posix';

/** The longest time, in milliseconds, that a timer can be set to. */
const LONGEST_MS = 2 ** 31 - 1;

/** Tells the service manager how the daemon is doing, as `sd_notify` does; tells nobody if there is none. */
export interface Notifier extends Disposable {
  /** Hosts are served, or the configuration has been read again. The watchdog is fed from now on. */
  ready(): void;
  /** The configuration is being read again. */
  reloading(): void;
  /** The daemon is about to end. */
  stopping(): void;
  /** One line for people: `systemctl status` shows it. */
  status(text: string): void;
}

type Environment = Record<string, string | undefined>;

/**
 * The service manager that the environment names, if any. Its variables are taken out of the environment, so that
 * no child process speaks in the daemon's name. Notifying touches no file and never waits: it goes on while
 * filesystems are frozen. The watchdog is fed by the event loop, and starves when that hangs.
 */
export function createNotifier(env: Environment): Notifier {
  const { NOTIFY_SOCKET: path, WATCHDOG_USEC: limit = '', WATCHDOG_PID: watched } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  // Here and not later: it loads code, which must not be done while filesystems are frozen.
  const sender = path === undefined ? undefined : datagramSender(path);
  const isWatched = watched === undefined || watched === String(process.pid);
  return notifierOver(sender, isWatched && /^\d{1,18}$/.test(limit) ? Number(limit) / 1000 : 0);
}

/** @param limit milliseconds after which the watchdog has starved; 0 if there is none */
function notifierOver(sender: DatagramSender | undefined, limit: number): Notifier {
  let watchdog: NodeJS.Timeout | undefined;
  const send = (...lines: string[]): void => void sender?.send(Buffer.from(`${lines.join('\n')}\n`));
  return {
    ready() {
      send('READY=1', `MAINPID=${process.pid}`);
      if (sender === undefined || limit === 0 || watchdog !== undefined) return;
      const period = Math.max(1, Math.min(Math.floor(limit / 2), LONGEST_MS));
      send('WATCHDOG=1');
      watchdog = setInterval(() => send('WATCHDOG=1'), period).unref();
    },
    // The manager compares this time with those that it takes itself, on the same clock.
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => send('STOPPING=1', 'STATUS=Stopping'),
    status: (text) => send(`STATUS=${text}`),
    [Symbol.dispose]() {
      clearInterval(watchdog);
      sender?.[Symbol.dispose]();
    },
  };
}
