import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Base64Data, Double, LongText, WireError, WireObject } from '@guestwire/schema';
import fc from 'fast-check';
import { encodeReply, encodeRequest, failure, success } from '../../src/index.js';
import { bucketOf, inHashOrder } from '../../src/wire/member-order.js';
import { memberOrders } from '../observed/member-orders.js';
import { readAll } from '../support/conversation.js';
import { plain, plainJson } from '../support/plain.js';

function joined(parts: Iterable<Buffer>): string {
  return Buffer.concat([...parts]).toString('latin1');
}
function written(value: unknown): string {
  const line = joined(encodeReply(success({ v: value })));
  assert(line.startsWith('{"return": {"v": ') && line.endsWith('}}\n'));
  return line.slice(17, -3);
}

describe('inHashOrder', () => {
  const vectors = {
    class: 211,
    execute: 299,
    desc: 377,
    return: 401,
    arguments: 447,
    id: 486,
    error: 489,
    'exec-oob': 162,
  };
  for (const [name, bucket] of Object.entries(vectors)) {
    test(`${name} falls into bucket ${bucket}`, () => assert.equal(bucketOf(name), bucket));
  }

  for (const [type, members] of memberOrders) {
    const order = members.split(' ');
    test(`${type} has its members in order`, () => {
      const reversed = order.toReversed().map((name) => [name, 0] as const);
      assert.deepEqual(
        inHashOrder(reversed).map(([name]) => name),
        order,
      );
    });
  }

  test('puts the last inserted of two in one bucket first', () => {
    assert.equal(bucketOf('load1m'), bucketOf('load5m'));
    assert.equal(written({ load1m: 1, load5m: 2 }), '{"load5m": 2, "load1m": 1}');
    assert.equal(written({ load5m: 2, load1m: 1 }), '{"load1m": 1, "load5m": 2}');
  });
});

describe('encodeReply', () => {
  test('encodes an empty object for a command that returns nothing', () => {
    assert.equal(joined(encodeReply(success(undefined))), '{"return": {}}\n');
  });

  test('puts an id after a return value and before an error', () => {
    assert.equal(joined(encodeReply(success(5, 'x'))), '{"return": 5, "id": "x"}\n');
    assert.equal(
      joined(encodeReply(failure({ class: 'CommandNotFound', desc: 'No' }, null))),
      '{"id": null, "error": {"class": "CommandNotFound", "desc": "No"}}\n',
    );
  });

  test('puts a byte FF directly before a delimited reply', () => {
    assert.equal(joined(encodeReply(success(1, undefined, true))), '\xff{"return": 1}\n');
  });

  test('returns one buffer for a small reply', () => {
    assert.equal(
      [...encodeReply(success({ 'buf-b64': Base64Data.fromBytes(Buffer.alloc(65536)) }))].length,
      1,
    );
  });
});

describe('encodeReply with values', () => {
  const rows: readonly [unknown, string][] = [
    [null, 'null'],
    [true, 'true'],
    [-0, '0'],
    [new Double(-0), '-0'],
    [2 ** 53, '9007199254740992'],
    [2n ** 64n - 1n, '18446744073709551615'],
    [-(2n ** 63n), '-9223372036854775808'],
    [0.1, '0.10000000000000001'],
    [1e20, '1e+20'],
    [1e-5, '1.0000000000000001e-05'],
    [new Double(1000), '1000'],
    [new Double(1e16), '10000000000000000'],
    [new Double(1e17), '1e+17'],
    [(2 ** 52 + 1) / 4, '1125899906842624.2'],
    [(2 ** 52 + 3) / 4, '1125899906842624.8'],
    [1e15 + 0.25, '1000000000000000.2'],
    [5e-324, '4.9406564584124654e-324'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [Number.NaN, 'nan'],
    [[], '[]'],
    [[1, [2], {}], '[1, [2], {}]'],
    [{ a: undefined }, '{}'],
    [WireObject.of([['', 1]]), '{"": 1}'],
    ['/\'"\\\b\f\n\r\t', '"/\'\\"\\\\\\b\\f\\n\\r\\t"'],
    ['\0\x1f\x7fé€😀', '"\\u0000\\u001F\\u007F\\u00E9\\u20AC\\uD83D\\uDE00"'],
    ['a\ud800b\udc00', '"a\\uFFFDb\\uFFFD"'],
    ['\uFFFE\uFDD0\u{1FFFF}', '"\\uFFFD\\uFFFD\\uFFFD"'],
    [Base64Data.fromBytes(Buffer.from('hi')), '"aGk="'],
    [Base64Data.fromText('aGk'), '"aGk"'],
    [
      new LongText([Buffer.from('a"'), Buffer.from([0xc3]), Buffer.from([0xa9, 0xc0, 0x80])], false),
      '"a\\"\\u00E9\\u0000"',
    ],
  ];
  for (const [value, expected] of rows) test(`${expected}`, () => assert.equal(written(value), expected));

  for (const value of [Symbol('s'), () => 1, [undefined], new Date(0), new Map()]) {
    test(`${String(value) || 'a hole'} cannot be sent`, () => {
      assert.throws(
        () => written(value),
        (error) => error instanceof WireError && error.code === 'unencodable',
      );
    });
  }

  test('encodes values that are read back unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const [reply] = readAll([...encodeReply(success({ v: value }))]);
        assert.equal(reply?.kind, 'value');
        assert.deepEqual(plain(reply.value), plainJson({ return: { v: value } }));
      }),
    );
  });

  test('encodes doubles that are read back unchanged', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.equal(Number(written(new Double(value))), value);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('encodeReply encodes large output in windows', () => {
  const windows = (value: unknown): Buffer[] => [...encodeReply(success({ v: value }))];
  const check = (value: unknown, expected: string, largest = 350_000): void => {
    const parts = windows(value);
    assert(parts.length > 1);
    for (const part of parts) assert(part.length <= largest);
    assert(Buffer.concat(parts).equals(Buffer.from(`{"return": {"v": ${expected}}}\n`)));
  };

  test('of base64', () => {
    for (const size of [49_152 * 4, 200_000, 1_000_000]) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) & 255));
      check(Base64Data.fromBytes(bytes), `"${bytes.toString('base64')}"`);
    }
  });

  test('calls sent once when all bytes are encoded', () => {
    for (const size of [0, 10, 70_000, 300_000]) {
      const bytes = Buffer.alloc(size, 'guestwire');
      const expected = bytes.toString('base64');
      let told = 0;
      const data = Base64Data.fromBytes(bytes, () => {
        told += 1;
        bytes.fill('?');
      });
      const windows: Buffer[] = [];
      const waiting: number[] = [];
      for (const window of encodeReply(success(data))) {
        windows.push(window);
        waiting.push(told);
      }
      assert.equal(Buffer.concat(windows).toString(), `{"return": "${expected}"}\n`);
      assert.equal(told, 1);
      if (size > 200_000) assert.equal(waiting[0], 0);
    }
  });

  test('of text, without splitting a character', () => {
    const text = `x${'😀'.repeat(100_000)}`;
    const expected = `"x${'\\uD83D\\uDE00'.repeat(100_000)}"`;
    check(text, expected, 1_000_000);
    const bytes = Buffer.from(text);
    check(new LongText([bytes.subarray(0, 100_003), bytes.subarray(100_003)], false), expected, 1_000_000);
  });

  test('of many small values', () => {
    const values = Array.from({ length: 50_000 }, (_, i) => i);
    check(values, `[${values.join(', ')}]`);
  });

  test('only on demand', () => {
    const parts = encodeReply(success([Base64Data.fromBytes(Buffer.alloc(300_000)), Symbol('late')]));
    const iterator = parts[Symbol.iterator]();
    assert.equal(iterator.next().done, false);
  });
});

describe('encodeRequest', () => {
  test('keeps the order of members and omits undefined ones', () => {
    assert.equal(
      joined(encodeRequest('guest-file-open', { path: '/é', mode: undefined }, 7)),
      '{"execute": "guest-file-open", "arguments": {"path": "/\\u00E9"}, "id": 7}\n',
    );
  });

  test('accepts a command without arguments', () => {
    assert.equal(joined(encodeRequest('guest-ping')), '{"execute": "guest-ping"}\n');
  });

  test('distinguishes doubles from integers', () => {
    const numbers = [1, new Double(1), new Double(-0), 0.5, new Double(1e17), 2 ** 63, 9223372036854775807n];
    assert.equal(
      joined(encodeRequest('x', { numbers })),
      '{"execute": "x", "arguments": {"numbers": [1, 1.0, -0.0, 0.5, 1e+17, 9.2233720368547758e+18, 9223372036854775807]}}\n',
    );
  });

  for (const number of [Number.NaN, Number.POSITIVE_INFINITY, new Double(Number.NEGATIVE_INFINITY)]) {
    test(`with a number that JSON has no word for are refused: ${typeof number === 'number' ? number : number.value}`, () => {
      assert.throws(
        () => joined(encodeRequest('x', { number })),
        (error) => error instanceof WireError && error.code === 'unencodable',
      );
    });
  }

  for (const path of ['\ud800', '\uFFFF']) {
    test(`with text that is not Unicode are refused: ${path.charCodeAt(0).toString(16)}`, () => {
      assert.throws(
        () => joined(encodeRequest('guest-file-open', { path })),
        (error) => error instanceof WireError && error.code === 'unencodable',
      );
    });
  }
});
