/** An event on a connection. */
export type RecordedEvent = {
  /** Milliseconds since the start of the recording, with three decimals. */
  readonly at: number;
  /** The sender of the bytes, or the side that ended the connection. */
  readonly by: 'host' | 'guest';
} & ({ readonly kind: 'bytes'; readonly bytes: Buffer } | { readonly kind: 'end' });

/** The traffic of one connection in both directions. */
export interface Recording {
  /** The target of the connection. */
  readonly target: string;
  readonly events: readonly RecordedEvent[];
}

const FIRST_LINE = 'guestwire recording 1';
const MAX_LINE_BYTES = 2000;

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
const UNESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/**
 * Returns bytes as readable text: printable ASCII as it is, a backslash doubled, everything else as `\n`, `\r`, `\t` or `\xff`. A
 * trailing space is `\x20`, since editors strip trailing spaces.
 */
function escapeBytes(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(/[^ -[\]-~]/g, (character) => ESCAPES[character] ?? hex(character))
    .replace(/ $/, '\\x20');
}

/** Returns the bytes of escaped text; `undefined` if the text is malformed. */
function unescapeBytes(text: string): Buffer | undefined {
  if (!/^(?:[ -[\]-~]|\\(?:[nrt\\]|x[0-9a-f]{2}))*$/.test(text)) return undefined;
  const characters = text.replace(/\\(?:x(..)|(.))/g, (_all, code?: string, letter?: string) =>
    code === undefined ? (UNESCAPES[letter ?? ''] ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(characters, 'latin1');
}

/** Splits after each line feed, so that a message is a line. */
function* linesOf(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let start = 0; start < bytes.length; ) {
    const lineFeed = bytes.indexOf('\n', start);
    const end = Math.min(start + MAX_LINE_BYTES, lineFeed < 0 ? bytes.length : lineFeed + 1);
    yield bytes.subarray(start, end);
    start = end;
  }
}

/**
 * Returns a recording as text that can be read, checked in and compared:
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
 * Each line has the time in milliseconds, `>` for the host or `<` for the guest, and the bytes sent; a line with `|` continues the
 * piece of the line above it.
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
 * Parses the output of {@link formatRecording}. Empty lines, and lines that begin with `#`, are ignored.
 *
 * @throws {SyntaxError} if a line is malformed; the message has its number
 */
export function parseRecording(text: string): Recording {
  const events: RecordedEvent[] = [];
  let target: string | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    const syntaxError = (expected: string): SyntaxError =>
      new SyntaxError(`line ${i + 1} of the recording: expected ${expected}`);
    if (i === 0) {
      if (line !== FIRST_LINE) throw syntaxError(`"${FIRST_LINE}"`);
    } else if (line !== '' && !line.startsWith('#')) {
      if (target === undefined) {
        target = bytesAfter(line, /^target (.*)$/)?.toString();
        if (target === undefined) throw syntaxError('"target " and the target of the connection');
      } else if (!appendEvent(line, events)) {
        throw syntaxError('a time, > or <, and bytes; or a time and "host ends" or "guest ends"');
      }
    }
  }
  if (target === undefined) throw new SyntaxError('the recording has no target');
  return { target, events };
}

function bytesAfter(line: string, pattern: RegExp): Buffer | undefined {
  const text = pattern.exec(line)?.[1];
  return text === undefined ? undefined : unescapeBytes(text);
}

/** Appends the event of a line; returns false if the line is malformed. */
function appendEvent(line: string, events: RecordedEvent[]): boolean {
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
