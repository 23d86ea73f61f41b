import { chained, GENESIS, hashOf } from '../../src/audit/chain.js';
import { type AuditEvent, type Entry, eventEntry } from '../../src/audit/entry.js';

/** An entry that differs from others by its number. */
export function numberedEntry(pid: number): Entry {
  return eventEntry(pid, { event: 'started', version: '1', pid });
}

/** Entries as a chain of lines without newlines. */
export function chainOf(entries: readonly (Entry | AuditEvent)[], from = GENESIS): string[] {
  let previous = from;
  return entries.map((entry) => {
    const { line } = 'line' in entry ? entry : eventEntry(0, entry);
    const complete = chained(line, previous);
    previous = hashOf(complete);
    return complete;
  });
}
