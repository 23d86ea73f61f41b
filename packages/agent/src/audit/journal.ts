import { setTimeout as delay } from 'node:timers/promises';
import { type DatagramSender, datagramSender } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { type Entry, toAscii } from './entry.js';
import type { AuditTarget } from './queue.js';

/** Finds the entries of commands: `journalctl MESSAGE_ID=…`. */
const COMMAND_ID = '0f5f2d3c6d1b4c0e9a7be1c34d9a6b52';
/** The same for what the audit log says about itself. */
const EVENT_ID = '9c1de0ab87f24b6d8e35f7a2406c9d18';

/** Syslog priorities. */
const NOTICE = 5;
const INFO = 6;

/** The pause before the next attempt if the journal has no space: the kernel queues ten entries by default. */
const RETRY_MS = 2;

/** Sends entries to the journal of systemd, without waiting for it: it may itself wait for a frozen disk. */
export class JournalTarget implements AuditTarget {
  readonly #path: string;
  #sender: DatagramSender | undefined;

  /** @param path the socket of the journal's native protocol */
  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<void> {
    this.#sender ??= datagramSender(this.#path);
  }

  /** @throws {AgentError} `audit-log` if the journal does not run */
  async write(entries: readonly Entry[]): Promise<number> {
    await this.open();
    for (const [index, entry] of entries.entries()) {
      const result = this.#sender?.send(encode(entry)) ?? 'lost';
      if (result === 'lost') {
        throw new AgentError('audit-log', `cannot send to the journal at ${this.#path}`, {
          advice: 'is systemd-journald running?',
        });
      }
      if (result === 'sent') continue;
      if (index === 0) await delay(RETRY_MS, undefined, { ref: false });
      return index;
    }
    return entries.length;
  }

  async close(): Promise<void> {
    this.#sender?.[Symbol.dispose]();
    this.#sender = undefined;
  }
}

/** Returns the datagram of an entry: each field as `GUESTD_NAME`, objects as JSON. */
function encode({ fields, line }: Entry): Buffer {
  const isCommand = fields['command'] !== undefined;
  const message = isCommand
    ? `${textOf(fields['command'])}: ${fields['verdict']}, ${fields['result']}`
    : `audit log: ${fields['event']}`;
  const priority = fields['verdict'] === 'allowed' || fields['event'] === 'started' ? INFO : NOTICE;
  const own = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [`GUESTD_${name.toUpperCase()}=${textOf(value)}`],
  );
  const all = [
    `MESSAGE=${message}`,
    `MESSAGE_ID=${isCommand ? COMMAND_ID : EVENT_ID}`,
    `PRIORITY=${priority}`,
    'SYSLOG_IDENTIFIER=guestd',
    `GUESTD_ENTRY=${line}`,
    ...own,
  ];
  return Buffer.from(`${all.join('\n')}\n`);
}

/** Control characters, such as the newline that would begin another field, are escaped as in JSON. */
function textOf(value: Entry['fields'][string]): string {
  const json = toAscii(value);
  return typeof value === 'string' ? json.slice(1, -1) : json;
}
