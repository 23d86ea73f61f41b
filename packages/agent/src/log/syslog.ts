import { type DatagramSender, datagramSender } from '@guestwire/posix';
import { oneLine } from './line.js';

/** Lines that may be queued; more are lost. */
const QUEUE_LIMIT = 1000;

/** The pause before the next attempt if the syslog has no space. */
const RETRY_MS = 20;

/** Facility `user`, severity `info`: the default of the C library. */
const PRIORITY = 14;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/**
 * Returns the machine's syslog (qemu-ga §8.7) at `path`, usually `/dev/log`. It never waits and never throws: lines for
 * which there is no space are queued, lines without a receiver are lost, and all are lost if the system call fails.
 */
export function createSyslog(path: string) {
  let sender: DatagramSender | undefined;
  const timeText = timestamps();
  let waiting: string[] = [];
  let immediate: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;

  /** Returns the lines for which the receiver has no space. */
  const send = (lines: readonly string[]): string[] => {
    if (lines.length === 0) return [];
    try {
      sender ??= datagramSender(path);
      const unsent = lines.findIndex((line) => sender?.send(Buffer.from(line)) === 'full');
      return unsent < 0 ? [] : lines.slice(unsent);
    } catch {
      // The native part of the agent is missing, or there is no memory. The agent works without its log.
      return [];
    }
  };
  const flush = (): void => {
    clearImmediate(immediate);
    clearTimeout(retry);
    immediate = retry = undefined;
    waiting = send(waiting);
    if (waiting.length > 0) retry = setTimeout(flush, RETRY_MS).unref();
  };
  return {
    /** Sends `info: TEXT` under the name `guestd`, in a later turn of the event loop. */
    log(text: string): void {
      if (waiting.length === QUEUE_LIMIT) return;
      waiting.push(`<${PRIORITY}>${timeText(Date.now())} guestd: info: ${oneLine(text)}`);
      if (retry === undefined) immediate ??= setImmediate(flush);
    },
    flush,
    [Symbol.dispose](): void {
      flush();
      clearTimeout(retry);
      close(sender);
      sender = undefined;
    },
  };
}

function close(sender: DatagramSender | undefined): void {
  try {
    sender?.[Symbol.dispose]();
  } catch {
    // As above.
  }
}

/** Returns a function of the time in milliseconds that returns `Nov  2 09:05:01`, local time, and keeps that for a second. */
function timestamps(): (now: number) => string {
  let second = Number.NaN;
  let text = '';
  return (now) => {
    const current = Math.floor(now / 1000);
    if (current !== second) {
      second = current;
      text = timestamp(new Date(now));
    }
    return text;
  };
}

function timestamp(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = String(time.getDate()).padStart(2, ' ');
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${MONTHS[time.getMonth()]} ${day} ${clock}`;
}
