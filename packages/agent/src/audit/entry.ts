import type { ErrorBody } from '@guestwire/protocol';
import { isoTime } from '../log/line.js';
import type { Verdict } from '../rpc/command-observer.js';
import type { Peer } from '../transport/peer.js';
import type { Json } from './redact.js';

/** The reason of a refusal names the rule; a longer one is cut, in UTF-16 code units. */
const REASON_LIMIT = 512;
const NAME_LIMIT = 256;

/** A command in the audit log. */
export interface CommandEntry {
  /** Microseconds since the epoch, when its turn came: it may have waited behind a slow one. */
  readonly time: number;
  readonly channel: string;
  readonly peer: Peer | undefined;
  readonly command: string;
  readonly arguments: Json;
  readonly verdict: Verdict;
  /** Absent if it succeeded; `unfinished` if the agent ends before it. */
  readonly error: ErrorBody | 'unfinished' | undefined;
  /** Microseconds from `time` until the reply was known. */
  readonly duration: number;
}

/** What the log says about itself. */
export type AuditEvent =
  | { readonly event: 'started'; readonly version: string; readonly pid: number }
  | { readonly event: 'stopped' }
  | { readonly event: 'reopened' }
  /** Entries for which there was no memory. */
  | { readonly event: 'dropped'; readonly count: number }
  /** The line before is incomplete; `after` is the hash of the last complete one. */
  | { readonly event: 'truncated'; readonly after: string };

/** An entry that has no place in a chain yet. */
export interface Entry {
  /** In the order of the format. */
  readonly fields: Readonly<Record<string, Json | undefined>>;
  /** The fields as a JSON object in ASCII, in one line without a newline. */
  readonly line: string;
}

export function commandEntry({ time, error, duration, verdict, command, ...entry }: CommandEntry): Entry {
  const failure = error === 'unfinished' ? { class: 'Unfinished', desc: '' } : error;
  return toEntry({
    time: isoTime(time),
    channel: entry.channel,
    peer: entry.peer === undefined ? null : { ...entry.peer },
    command: cut(command, NAME_LIMIT),
    arguments: entry.arguments,
    verdict,
    result: failure === undefined ? 'ok' : failure.class,
    // Other errors may quote output and arguments; they are in the reply only.
    reason: verdict === 'refused' && failure !== undefined ? cut(`${failure.desc}`, REASON_LIMIT) : undefined,
    duration_us: Math.round(duration),
  });
}

export function eventEntry(time: number, event: AuditEvent): Entry {
  return toEntry({ time: isoTime(time), ...event });
}

/** All but ASCII is escaped: no text of a host can control a terminal or look like other text. */
function toEntry(fields: Entry['fields']): Entry {
  return { fields, line: toAscii(fields) };
}

/** Returns JSON in ASCII, in one line. */
export function toAscii(value: unknown): string {
  return JSON.stringify(value).replace(
    NOT_ASCII,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const NOT_ASCII = /[\x7f-\uffff]/g;

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}… (${text.length} in all)` : text;
}
