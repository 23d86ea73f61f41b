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
 * Returns the machine's syslog (qemu-ga §8.7) at `path`, usually `/dev/log`. It never waits: lines for which there is no
 * space are queued, lines without a receiver are lost.
 */
export function createSyslog(path: string) {
  let sender: DatagramSender | undefined;
  let waiting: string[] = [];
  let immediate: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearImmediate(immediate);
    clearTimeout(retry);
    immediate = retry = undefined;
    if (waiting.length > 0) sender ??= datagramSender(path);
    const unsent = waiting.findIndex((line) => sender?.send(Buffer.from(line)) === 'full');
    waiting = unsent < 0 ? [] : waiting.slice(unsent);
    if (unsent >= 0) retry = setTimeout(flush, RETRY_MS).unref();
  };
  return {
    /** Sends `info: TEXT` under the name `guestd`, in a later turn of the event loop. */
    log(text: string): void {
      if (waiting.length === QUEUE_LIMIT) return;
      waiting.push(`<${PRIORITY}>${timestamp(new Date())} guestd: info: ${oneLine(text)}`);
      if (retry === undefined) immediate ??= setImmediate(flush);
    },
    flush,
    [Symbol.dispose](): void {
      flush();
      clearTimeout(retry);
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
