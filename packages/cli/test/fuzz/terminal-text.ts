import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { printable, printableLines } from '../../src/output/escape.js';
import { cutTo, displayWidth, padTo } from '../../src/output/text.js';

const COLUMNS = 20;

export const target: FuzzTarget = {
  name: 'terminal-text',
  invariants:
    'no control or format character reaches a terminal; a text that is cut or padded has the columns; escaping twice changes nothing',
  covers: ['cli/dist/src/output/escape', 'cli/dist/src/output/text'],
  seeds: ['text', 'a\tb\r\nc\x1b[31m', 'é e\u0301 漢字 😀', '\u202e\u200b\u2028\ufeff', '\x7f\x80\x9f'],
  dictionary: ['\u202e', '\u2066', '\u200d', '\x1b[', '\x9b', '\r', '\r\n', '\u{e0001}', '漢', '\u0301'],
  run(input) {
    const text = input.toString();
    const line = printable(text);
    assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
    assert.equal(printable(line), line);
    const lines = printableLines(text);
    assert.doesNotMatch(lines.replaceAll('\r\n', '').replace(/[\n\t]/g, ''), /[\p{Cc}\p{Cf}\u2028\u2029]/u);
    assert.equal(printableLines(lines), lines);
    const cut = cutTo(line, COLUMNS);
    assert.ok(displayWidth(cut) <= COLUMNS, `${displayWidth(cut)} columns`);
    for (const side of ['start', 'end'] as const)
      assert.equal(displayWidth(padTo(cut, COLUMNS, side)), COLUMNS);
    return line === text ? 'plain' : 'escaped';
  },
};
