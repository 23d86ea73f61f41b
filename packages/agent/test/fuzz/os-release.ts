import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { type OsRelease, parseOsRelease } from '../../src/guest/system/os-release.js';

/** The keys that `guest-get-osinfo` returns. */
const KEYS = ['ID', 'NAME', 'PRETTY_NAME', 'VERSION', 'VERSION_ID', 'VARIANT', 'VARIANT_ID'];

export const target: FuzzTarget = {
  name: 'os-release',
  invariants:
    'only TypeError for bytes that are not UTF-8 and SyntaxError; a value is one line, and no longer than its line',
  covers: ['agent/dist/src/guest/system/os-release', 'agent/dist/src/key-file'],
  seeds: [
    'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n',
    'ID=\'single\'\nNAME=bare word\nVERSION=a;b\n# comment\nVARIANT="a\\"b\\$c\\`d\\\\e\\x"\n',
    'ID="unterminated\n',
    'not a pair\n',
  ],
  dictionary: ['=', '"', "'", '\\"', '\\$', '\\', ';', '\n', '#', '\0', ...KEYS.map((key) => `${key}=`)],
  structure: ['lines', 'tokens'],
  run(input) {
    let release: OsRelease;
    try {
      release = parseOsRelease(input);
    } catch (error) {
      assert.ok(error instanceof TypeError || error instanceof SyntaxError, `not a declared error: ${error}`);
      return outcomeOf(error.message.replace(/[“:].*/s, ''));
    }
    const values = KEYS.map((key) => release(key));
    for (const value of values) {
      assert.doesNotMatch(value ?? '', /[\n\0]/);
      assert.ok((value?.length ?? 0) < Math.max(input.length, 1));
    }
    return `${values.filter((value) => value !== undefined).length} ${values.includes('')}`;
  },
};
