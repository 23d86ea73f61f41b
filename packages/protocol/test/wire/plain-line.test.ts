import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Double, WireObject, type WireValue } from '@guestwire/schema';
import fc from 'fast-check';
import { MessageReader } from '../../src/wire/index.js';
import { PLAIN_LINE_LIMIT, parsePlainLine } from '../../src/wire/plain-line.js';
import { inChunks, onlyValue, readAll, text } from '../support/conversation.js';

/** A value with the order of members, and whether a number is an integer. */
function exact(value: WireValue): unknown {
  if (value instanceof WireObject) return { members: [...value].map(([name, item]) => [name, exact(item)]) };
  if (value instanceof Double) return { double: value.value };
  if (Object.is(value, -0)) return { negative: 0 };
  return Array.isArray(value) ? value.map(exact) : value;
}

/** Reads byte by byte, so that no line is in one chunk. */
function tokenByToken(line: string): unknown {
  const messages = readAll(inChunks(text(`${line}\n`), [1]));
  return messages.map((message) =>
    message.kind === 'value' ? exact(message.value) : message.desc.toString(),
  );
}

const NOT_PLAIN = {
  'a member twice': ['{"a":1,"a":2}', '{"a":"x","a":"y"}', '{"a":{"b":1,"b":1}}', '{"a":"\\":","a":1}'],
  'names that JavaScript sorts': ['{"b":1,"1":2}', '{"9":1,"10":2}', '{"a":{"0":0}}'],
  'a number that is no exact integer': [
    '{"a":1.0}',
    '{"a":1e2}',
    '{"a":9007199254740993}',
    `{"a":${'9'.repeat(400)}}`,
  ],
  'text that is not plain': ['{"a":"\\u0041"}', '{"a":"\t"}', '{"a":"\xe9"}', "{'a':1}", '{"a":"\x7f"}'],
  'text that is no object': ['', '1', '[1]', ' {}', '{} ', '{}{}', '{}\r', '{"a":1},'],
  'malformed JSON': [
    '{',
    '{{}',
    '{"a"}',
    '{"a":}',
    '{"a":01}',
    '{"a":-}',
    '{"a":tru}',
    '{"a":1 2}',
    '{,}',
    '{"a":1,}',
  ],
};

describe('parsePlainLine', () => {
  test('returns a message with its members in order', () => {
    const line =
      '{ "execute": "guest-exec", "arguments":{"b":[1,-2,null], "a":{}}, "id" : -0, "__proto__": true}';
    const value = parsePlainLine(line);
    assert.ok(value !== undefined);
    assert.deepEqual(exact(value), {
      members: [
        ['execute', 'guest-exec'],
        [
          'arguments',
          {
            members: [
              ['b', [1, -2, null]],
              ['a', { members: [] }],
            ],
          },
        ],
        ['id', 0],
        ['__proto__', true],
      ],
    });
    assert.deepEqual([exact(value)], tokenByToken(line));
  });

  for (const [what, lines] of Object.entries(NOT_PLAIN)) {
    test(`leaves ${what} to the lexer`, () => {
      for (const line of lines) assert.equal(parsePlainLine(line), undefined, line);
    });
  }

  test('returns what is read token by token, if it returns anything', () => {
    const token = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        ' ',
        '"',
        '"a":',
        '"b":',
        '"10":',
        '"a"',
        '0',
        '-',
        '-0',
        '12',
        '1.',
        'e',
      ],
      ...['true', 'false', 'null', '9007199254740993', '\\', "'"],
    );
    const json = fc.json({ maxDepth: 4, noUnicodeString: true });
    const line = fc.oneof(
      json.map((value) => `{"a":${value}}`),
      json,
      fc.array(token, { maxLength: 30 }).map((tokens) => `{${tokens.join('')}}`),
    );
    let returned = 0;
    fc.assert(
      fc.property(line, (candidate) => {
        const value = parsePlainLine(candidate);
        if (value === undefined) return;
        returned++;
        assert.deepEqual([exact(value)], tokenByToken(candidate));
      }),
      { numRuns: 5000 },
    );
    assert.ok(returned > 100, `only ${returned} lines were plain`);
  });

  test('takes linear time for a line that is not plain', () => {
    for (const part of ['1', '{', '"a":', 'true', '""']) {
      assert.equal(parsePlainLine(`{${part.repeat(PLAIN_LINE_LIMIT / part.length)}\\}`), undefined);
    }
  });
});

describe('MessageReader with plain lines', () => {
  test('reads them beside others, and keeps its state between them', () => {
    const lines = ['{"a":1}', '{"a":1,"a":2}', '{"b":[]}{"c":2}', "{'d':3}", '{"e":{}', '}', '', '{"f":4}'];
    const whole = text(`${lines.join('\n')}\n`);
    const expected = readAll(inChunks(whole, [1]));
    for (let cut = 0; cut <= whole.length; cut++) {
      const found = readAll([whole.subarray(0, cut), whole.subarray(cut)]);
      assert.deepEqual(
        found.map((message) => (message.kind === 'value' ? exact(message.value) : message.desc)),
        expected.map((message) => (message.kind === 'value' ? exact(message.value) : message.desc)),
      );
    }
  });

  test('applies limits that are smaller than a plain line', () => {
    const reader = new MessageReader({ bytes: 2000, tokens: 2000, depth: 2 });
    const [first] = readAll([text('{"a":{"b":{}}}\n')], reader);
    assert.deepEqual(first, { kind: 'error', desc: 'JSON nesting depth limit exceeded' });
  });

  test('reads a line that is longer than a plain one', () => {
    const value = onlyValue(readAll([text(`{"a":"${'x'.repeat(PLAIN_LINE_LIMIT)}"}\n`)]));
    assert.ok(value instanceof WireObject);
    assert.equal(String(value.get('a')).length, PLAIN_LINE_LIMIT);
  });
});
