import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { type CommandTable, checkReply, WireError } from '@guestwire/schema';
import { commands } from '../../src/contract.js';
import { type ReplyEvent, ReplyReader } from '../../src/index.js';
import { inChunks } from '../support/conversation.js';
import { JSON_DICTIONARY } from '../support/wire-words.js';

const table: CommandTable = commands;
/** Commands whose results have every kind of type: nothing, numbers, enums, lists, unions, data. */
const descriptors = [
  'guest-ping',
  'guest-sync',
  'guest-info',
  'guest-file-read',
  'guest-fsfreeze-status',
  'guest-get-fsinfo',
  'guest-get-cpustats',
  'guest-exec-status',
].flatMap((name) => table[name] ?? []);

/** The limits that {@link ReplyReader} promises. */
const DESC_LIMIT = 64 * 1024;
const GARBAGE_LIMIT = 1000;

export const target: FuzzTarget = {
  name: 'reply-reader',
  invariants:
    'never throws; the same events for every chunking; bounded texts; checkReply of results of every kind accepts or throws WireError bad-reply',
  covers: ['protocol/dist/src/reply-reader', 'schema/dist/src/check', 'protocol/dist/src/wire/'],
  seeds: [
    '{"return": {}}\n',
    '\xff{"return": 1234, "id": 7}\n',
    '{"error": {"class": "GenericError", "desc": "failed"}, "id": "x"}\n',
    '{"error": {"class": "CommandNotFound", "data": {"name": "guest-x", "n": 1}}}\n',
    '{"return": {"count": 5, "buf-b64": "aGVsbG8=", "eof": true}}',
    '{"return": [{"name": "sda1", "mountpoint": "/", "type": "ext4", "disk": [{"bus-type": "virtio", "bus": 0, "unit": 0, "pci-controller": {"bus": 0, "slot": 7, "domain": 0, "function": 0}, "target": 0}]}]}',
    '{"return": {"version": "10.0", "supported_commands": [{"enabled": true, "name": "guest-ping", "success-response": true}]}}',
    '{"return": {"exited": true, "exitcode": 0, "out-data": "aGk="}}',
    '{"return": [{"logical-id": 0, "online": true, "can-offline": true}]} garbage {"event": 1}',
  ].map((text) => Buffer.from(text, 'latin1')),
  dictionary: [...JSON_DICTIONARY, Buffer.from([0xff])],
  structure: ['tokens'],
  run(input) {
    const events = readEvents([input]);
    for (const sizes of [[1], [3, 1, 2], [50]]) {
      assert.ok(
        isDeepStrictEqual(readEvents(inChunks(input, sizes)), events),
        `other events in chunks of ${sizes}`,
      );
    }
    return events.map(outcome)[0];
  },
};

function readEvents(chunks: readonly Buffer[]): ReplyEvent[] {
  const reader = new ReplyReader();
  const events: ReplyEvent[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let event = reader.next(); event !== undefined; event = reader.next()) events.push(event);
  }
  return events;
}

function outcome(event: ReplyEvent): string {
  if (event.kind === 'garbage') {
    assert.ok(event.desc.length <= GARBAGE_LIMIT);
    return outcomeOf(event.desc);
  }
  const { reply } = event;
  if (reply.error !== undefined) {
    assert.ok(reply.error.class.length <= 100 && reply.error.desc.length <= DESC_LIMIT);
    return `error ${event.delimited}`;
  }
  return descriptors.map((command) => accepts(command, reply.return)).join('');
}

/** Returns `1` if the value is a reply to the command, and `0` otherwise. */
function accepts(command: (typeof descriptors)[number], value: Parameters<typeof checkReply>[1]): string {
  try {
    checkReply(command, value);
    return '1';
  } catch (error) {
    assert.ok(error instanceof WireError && error.code === 'bad-reply', `not a bad reply: ${error}`);
    return '0';
  }
}
