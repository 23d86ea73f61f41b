import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type ReplyEvent, ReplyReader } from '../src/index.js';
import { deliveries } from './support/conversation.js';

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function eventsOf(chunks: readonly Uint8Array[], reader = new ReplyReader()): ReplyEvent[] {
  const events: ReplyEvent[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let next = reader.next(); next !== undefined; next = reader.next()) events.push(next);
  }
  return events;
}

function returned(value: number, delimited = false, id?: number): ReplyEvent {
  return {
    kind: 'reply',
    reply: { id, return: value },
    delimited,
  };
}
function garbage(desc: string): ReplyEvent {
  return { kind: 'garbage', desc };
}

describe('ReplyReader reads', () => {
  const rows: readonly [string, string, ReplyEvent[]][] = [
    ['a result', '{"return": 1}\n', [returned(1)]],
    ['a result with an id', '{"return": 1, "id": 2}\n', [returned(1, false, 2)]],
    [
      'an error',
      '{"id": 7, "error": {"class": "GenericError", "desc": "No"}}\n',
      [{ kind: 'reply', reply: { id: 7, error: { class: 'GenericError', desc: 'No' } }, delimited: false }],
    ],
    ['a delimited result', '\xff{"return": 1}\n', [returned(1, true)]],
    [
      'a result after a delimited one',
      '\xff{"return": 1}\n{"return": 2}\n',
      [returned(1, true), returned(2)],
    ],
    [
      'half a result, and then a delimited one',
      '{"return": {"a": "x\xff{"return": 1}\n',
      [returned(1, true)],
    ],
    ['two delimiters', '\xff\xff{"return": 1}\n', [returned(1, true)]],
    [
      'a delimiter before something else',
      '\xff[5]\n{"return": 1}\n',
      [garbage('a JSON value that is not a reply'), returned(1)],
    ],
    ['a value that is no object', '[]', [garbage('a JSON value that is not a reply')]],
    ['neither result nor error', '{"id": 1}', [garbage('a JSON value that is not a reply')]],
    [
      'both',
      '{"return": 1, "error": {"class": "a", "desc": "b"}}',
      [garbage('a JSON value that is not a reply')],
    ],
    ['an error without a text', '{"error": {"class": "a"}}', [garbage('a JSON value that is not a reply')]],
    [
      'an error as agents before 1.2 wrote it',
      '{"error": {"class": "CommandNotFound", "data": {"name": "guest-x"}}}',
      [
        {
          kind: 'reply',
          reply: { id: undefined, error: { class: 'CommandNotFound', desc: 'CommandNotFound: guest-x' } },
          delimited: false,
        },
      ],
    ],
    [
      'an error as agents before 1.2 wrote it, with nothing to add',
      '{"error": {"class": "Unsupported", "data": {}}}',
      [
        {
          kind: 'reply',
          reply: { id: undefined, error: { class: 'Unsupported', desc: 'Unsupported' } },
          delimited: false,
        },
      ],
    ],
    [
      'something that is no JSON',
      '}\n{"return": 1}\n',
      [garbage('JSON parse error, expecting value'), returned(1)],
    ],
    [
      'a number that JSON does not have',
      '{"return": inf}\n',
      [garbage("JSON parse error, invalid keyword 'inf'")],
    ],
  ];
  for (const [what, sent, events] of rows) {
    test(what, () => {
      for (const chunks of deliveries(bytes(sent))) assert.deepEqual(eventsOf(chunks), events);
    });
  }
});

test('ReplyReader accepts other limits', () => {
  const reader = new ReplyReader({ bytes: 40, tokens: 10, depth: 2 });
  assert.deepEqual(
    eventsOf([bytes(`{"return": "${'x'.repeat(40)}"} {"return": [[1]]} \xff{"return": 1}`)], reader).filter(
      (event) => event.kind === 'reply',
    ),
    [returned(1, true)],
  );
});

test('ReplyReader accepts a read of 48 MiB', () => {
  const data = Buffer.alloc(64 * 2 ** 20, 'A');
  const events = eventsOf([
    bytes('{"return": {"count": 50331648, "buf-b64": "'),
    data,
    bytes('", "eof": false}}\n'),
  ]);
  assert.equal(events[0]?.kind, 'reply');
});

test('ReplyReader never throws, and finds a delimited reply after any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => {
      assert.deepEqual(eventsOf([noise, bytes('\xff{"return": 1}\n')]).at(-1), returned(1, true));
    }),
  );
});
