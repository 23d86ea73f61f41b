import { escapeBytes, unescapeBytes } from './escapes.js';

/** Something that happened on a connection. */
export type RecordedEvent = {
  /** Milliseconds since the recording began, with three decimals. */
  readonly at: number;
  /** Who did it. */
  readonly by: 'host' | 'guest';
} & (
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** It ended the connection. */
  | { readonly kind: 'end' }
);

/** What went over one connection, in both directions. */
export interface Recording {
  /** Where the connection led. */
  readonly target: string;
  readonly events: readonly RecordedEvent[];
}

const FIRST_LINE = 'guestwire recording 1';
/** Bytes of a line; what is longer goes on in the next. */
const LONGEST_LINE = 2000;

/** Lines end after a line feed of the traffic, so that a message is a line. */
function* linesOf(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let start = 0; start < bytes.length; ) {
    const lineFeed = bytes.indexOf('\n', start);
    const end = Math.min(start + LONGEST_LINE, lineFeed < 0 ? bytes.length : lineFeed + 1);
    yield bytes.subarray(start, end);
    start = end;
  }
}

/**
 * A recording as text that can be read, checked in and compared:
 *
 * ```text
 * guestwire recording 1
 * target unix:/run/vm1/qga.sock
 *
 * 0.000 > \xff{"execute":"guest-sync-delimited","arguments":{"id":1234}}\n
 * 0.913 < {"error": {"class": "GenericError", "desc": "JSON parse error, stray '\\uFFFD'"}}\n
 *       | \xff{"return": 1234}\n
 * 2.004 host ends
 * ```
 *
 * Each line has the time in milliseconds, `>` for what the host sent or `<` for what the guest sent, and bytes; a
 * line with `|` belongs to the same piece as the one above it.
 */
export function formatRecording({ target, events }: Recording): string {
  const lines = [FIRST_LINE, `target ${escapeBytes(Buffer.from(target))}`, ''];
  for (const event of events) {
    const time = event.at.toFixed(3);
    if (event.kind === 'end') {
      lines.push(`${time} ${event.by} ends`);
      continue;
    }
    const mark = event.by === 'host' ? '>' : '<';
    for (const [i, bytes] of [...linesOf(event.bytes)].entries()) {
      lines.push(`${i === 0 ? `${time} ${mark}` : `${' '.repeat(time.length)} |`} ${escapeBytes(bytes)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/**
 * Reads what {@link formatRecording} wrote. Empty lines, and lines that begin with `#`, are for people.
 *
 * @throws {SyntaxError} if it is no recording; the message names the line
 */
export function parseRecording(text: string): Recording {
  const events: RecordedEvent[] = [];
  let target: string | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const wrong = (what: string): SyntaxError => new SyntaxError(`line ${i + 1} of the recording: ${what}`);
    if (i === 0) {
      if (line !== FIRST_LINE) throw wrong(`should be "${FIRST_LINE}"`);
    } else if (line !== '' && !line.startsWith('#')) {
      if (target === undefined) {
        target = bytesAfter(line, /^target (.*)$/)?.toString();
        if (target === undefined) throw wrong('should be "target " and where the connection led');
      } else if (!readEvent(line, events)) {
        throw wrong('should be a time, > or <, and bytes; or a time, "host ends" or "guest ends"');
      }
    }
  }
  if (target === undefined) throw new SyntaxError('The recording has no target');
  return { target, events };
}

function bytesAfter(line: string, pattern: RegExp): Buffer | undefined {
  const text = pattern.exec(line)?.[1];
  return text === undefined ? undefined : unescapeBytes(text);
}

/** Adds what the line says to the events; false if it says nothing. */
function readEvent(line: string, events: RecordedEvent[]): boolean {
  const more = bytesAfter(line, /^ *\| (.+)$/);
  if (more !== undefined) {
    const last = events.pop();
    if (last?.kind !== 'bytes') return false;
    events.push({ ...last, bytes: Buffer.concat([last.bytes, more]) });
    return true;
  }
  const [, time, mark, text, ending] =
    /^(\d{1,15}\.\d{3}) (?:([<>]) (.+)|(host|guest) ends)$/.exec(line) ?? [];
  const at = Number(time);
  if (ending === 'host' || ending === 'guest') {
    events.push({ at, by: ending, kind: 'end' });
    return true;
  }
  const bytes = text === undefined ? undefined : unescapeBytes(text);
  if (bytes === undefined) return false;
  events.push({ at, by: mark === '>' ? 'host' : 'guest', kind: 'bytes', bytes });
  return true;
}
