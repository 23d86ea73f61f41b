import { type DatagramSender, datagramSender } from '../linux/datagram.js';
import { oneLine } from './line.js';

/** Lines that wait for the end of what the agent is doing; more are lost rather than kept. */
const LIMIT = 1000;

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
 * The machine's syslog (reference 8.7), which is at `path`, usually `/dev/log`. A line for which it has no space, or
 * that comes while nobody listens there, is lost: it never makes the agent wait.
 */
export function createSyslog(path: string): Syslog {
  let sender: DatagramSender | undefined;
  let waiting: string[] = [];
  let scheduled = false;

  const flush = (): void => {
    scheduled = false;
    const lines = waiting;
    waiting = [];
    if (lines.length > 0) sender ??= datagramSender(path);
    for (const line of lines) sender?.send(Buffer.from(line));
  };
  return {
    log(text) {
      if (waiting.length < LIMIT)
        waiting.push(`<${PRIORITY}>${timestamp(new Date())} guestd: info: ${oneLine(text)}`);
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    },
    flush,
    [Symbol.dispose]() {
      flush();
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
