import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import {
  type KeyFile,
  KeyFileError,
  keyFileBoolean,
  keyFileString,
  keyFileValue,
  parseKeyFile,
} from '../../src/key-file.js';

export const target: FuzzTarget = {
  name: 'key-file',
  invariants:
    'only KeyFileError, with a line of the file; groups, keys and values that are written again are read again; a written string is read back',
  covers: ['agent/dist/src/key-file'],
  seeds: [
    '[general]\nmethod=unix-listen\npath = /run/x\nverbose=true\n',
    '# comment\r\n[a]\r\nk=v\r\n\r\n[b]\nk[de]=\\s\\t\\n\\r\\\\\n[a]\nk=w\n',
    '[x]\nk=  leading\nl=trailing \t\n m = n \n',
    'k=v\n',
    '[a\nb]=c\n',
  ],
  dictionary: [
    '[',
    ']',
    '=',
    '#',
    '\n',
    '\r\n',
    '\\s',
    '\\',
    '\\x',
    ' ',
    '\t',
    '\v',
    '\0',
    '[general]\n',
    'true',
    '0',
    'k[de]',
  ],
  structure: ['lines', 'tokens'],
  run(input) {
    const text = input.toString();
    // Only a string without a NUL can be in a file.
    if (!text.includes('\0')) assert.equal(keyFileString(keyFileValue(text)), text);
    let groups: KeyFile;
    try {
      groups = parseKeyFile(text);
    } catch (error) {
      assert.ok(error instanceof KeyFileError, `not a KeyFileError: ${error}`);
      assert.ok(error.line >= 1 && error.line <= text.split('\n').length);
      return outcomeOf(error.message.replace(/[“:].*/s, ''));
    }
    assert.deepEqual(contentsOf(parseKeyFile(written(groups))), contentsOf(groups));
    const values = contentsOf(groups).flatMap(([, entries]) => entries.map(([, value]) => value));
    return `${values.map((value) => `${keyFileString(value) !== undefined}${keyFileBoolean(value)}`)[0]}`;
  },
};

function contentsOf(groups: KeyFile): [string, [string, string][]][] {
  return [...groups].map(([name, entries]) => [name, [...entries].map(([key, { value }]) => [key, value])]);
}

/** With CR LF, since one CR at the end of a line is not part of the value. */
function written(groups: KeyFile): string {
  return contentsOf(groups)
    .map(([name, entries]) => `[${name}]\r\n${entries.map(([key, value]) => `${key}=${value}\r\n`).join('')}`)
    .join('');
}
