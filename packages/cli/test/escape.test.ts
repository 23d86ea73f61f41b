import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { exitStatus, exitStatusOf, formatError, UsageError } from '../src/exit-status.js';
import { formatString, guardedOutput, isPrintable, printable, printableLines } from '../src/output/escape.js';
import { table } from '../src/output/table.js';

const TEXTS = fc.oneof(fc.string({ unit: 'binary' }), fc.string());

describe('printable', () => {
  test('escapes every control and format character', () => {
    const codes = [0, 9, 0x0a, 0x1b, 0x7f, 0x85, 0x9b, 0xad, 0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029];
    const bidirectional = [0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0xfeff];
    for (const code of [...codes, ...bidirectional]) {
      const character = String.fromCodePoint(code);
      assert.equal(printable(character), `\\u${code.toString(16).padStart(4, '0')}`);
      assert.equal(isPrintable(`a${character}`), false);
    }
    assert.equal(printable('\u{e0041}'), '\\u{e0041}');
    assert.equal(printable('a é 東 🙂\\'), 'a é 東 🙂\\');
  });

  test('returns a text that it does not change again', () => {
    fc.assert(fc.property(TEXTS, (text) => assert.ok(isPrintable(printable(text)))));
  });
});

test('printableLines keeps tabs and line ends, but no lone carriage return', () => {
  assert.equal(printableLines('a\tb\nc\r\nd\re\u001b'), 'a\tb\nc\r\nd\\u000de\\u001b');
});

test('formatString returns JSON of the same text without control characters', () => {
  fc.assert(
    fc.property(TEXTS, (text) => {
      const json = formatString(text);
      assert.equal(JSON.parse(json), text);
      assert.ok(isPrintable(json));
    }),
  );
  assert.equal(formatString('\u202e\u{e0041}'), '"\\u202e\\udb40\\udc41"');
});

test('guardedOutput escapes text, and passes bytes', () => {
  const written: (string | Uint8Array)[] = [];
  const output = guardedOutput({ write: (chunk) => written.push(chunk), isTTY: true, columns: 7 });
  output.write('a\u001b[2J\n');
  output.write(Buffer.from('\u001b[K'));
  assert.deepEqual(written, ['a\\u001b[2J\n', Buffer.from('\u001b[K')]);
  assert.deepEqual([output.isTTY, output.columns], [true, 7]);
});

test('table formats more rows than a call takes arguments, and pads a long cell once', () => {
  const rows = Array.from({ length: 300_000 }, () => ['a', 'b']);
  rows.push(['x'.repeat(1 << 20), 'b']);
  const text = table(['A', { title: 'B', right: true }], rows);
  assert.equal(text.split('\n').length, rows.length + 1);
  assert.ok(text.length < 2 ** 29);
  assert.match(table([{ title: 'A', cut: true }], [['x'.repeat(1 << 20)]], 40), /^A\nx{39}…$/);
});

describe('exitStatusOf', () => {
  test('is a usage error for files of this host and for arguments that the client rejects', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    const invalid = Object.assign(new TypeError('no'), { code: 'ERR_INVALID_ARG_VALUE' });
    for (const error of [full, invalid]) {
      assert.equal(exitStatusOf(error), exitStatus.usage);
      assert.equal(formatError(error), error.message);
    }
    for (const error of [new Error('x'), new TypeError('x'), 'x']) {
      assert.equal(exitStatusOf(error), exitStatus.internal);
    }
  });

  test('is that of the first error if a disposal fails too', () => {
    const suppressed = new UsageError('first');
    const error = Object.assign(new Error('second'), { name: 'SuppressedError', suppressed });
    assert.equal(exitStatusOf(error), exitStatus.usage);
    assert.equal(formatError(error), 'first');
  });
});
