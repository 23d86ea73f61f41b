import { type DatagramSender, datagramSender } from '@guestwire/posix';
import { oneLine } from './line.js';

/** Lines that wait, for the end of what the agent is doing or for space in the syslog; more are lost. */
const LIMIT = 1000;

/** How long to wait for space, in milliseconds. */
const RETRY_MS = 20;

/** Facility `user`, severity `info`: what the C library makes of a program that has chosen nothing. */
const PRIORITY = 14;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Lines for the machine's syslog. */
export interface Syslog extends Disposable {
  /** Sends `info: TEXT` under the name `guestd`, soon: a command is not held up. */
  log(text: string): void;
  /** Sends what has not been sent. */
  flush(): void;
}

/**
 * The machine's syslog (qemu-ga §8.7), which is at `path`, usually `/dev/log`. It never makes the agent wait: lines for
 * which it has no space are kept for a while, those that come while nobody listens there are lost.
 */
export function createSyslog(path: string): Syslog {
  let sender: DatagramSender | undefined;
  let waiting: string[] = [];
  let soon: NodeJS.Immediate | undefined;
  let later: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearImmediate(soon);
    clearTimeout(later);
    soon = later = undefined;
    if (waiting.length > 0) sender ??= datagramSender(path);
    const stopped = waiting.findIndex((line) => sender?.send(Buffer.from(line)) === 'full');
    waiting = stopped < 0 ? [] : waiting.slice(stopped);
    if (stopped >= 0) later = setTimeout(flush, RETRY_MS).unref();
  };
  return {
    log(text) {
      if (waiting.length === LIMIT) return;
      waiting.push(`<${PRIORITY}>${timestamp(new Date())} guestd: info: ${oneLine(text)}`);
      if (later === undefined) soon ??= setImmediate(flush);
    },
    flush,
    [Symbol.dispose]() {
      flush();
      clearTimeout(later);
      sender?.[Symbol.dispose]();
      sender = undefined;
    },
  };
}

/** `Nov  2 09:05:01`, local time. */
function timestamp(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = String(time.getDate()).padStart(2, ' ');
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${MONTHS[time.getMonth()]} ${day} ${clock}`;
}
