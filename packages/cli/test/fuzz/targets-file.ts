import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { UsageError } from '../../src/exit-status.js';
import { isName, readTargets, type TargetsFile } from '../../src/targets/targets-file.js';

/** The folder of the configuration, made for the first input. */
let folder: string | undefined;

export const target: FuzzTarget = {
  name: 'targets-file',
  invariants: 'only UsageError; every name is valid and has a target or a group that is not empty',
  covers: ['cli/dist/src/targets/targets-file'],
  seeds: [
    '{}',
    '{"vm1": "unix:/run/vm1.sock", "all": ["vm1", "tcp:h:1"]}',
    '{"a": []}',
    '{"__proto__": "unix:x"}',
    '[]',
  ],
  dictionary: [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    'null',
    '1',
    '"vm1"',
    '"unix:/x"',
    '"__proto__"',
    '\\u0000',
    '\ufeff',
  ],
  structure: ['tokens'],
  async run(input) {
    folder ??= configurationFolder();
    writeFileSync(join(folder, 'guestwire/targets.json'), input);
    let file: TargetsFile;
    try {
      file = await readTargets({ XDG_CONFIG_HOME: folder });
    } catch (error) {
      assert.ok(error instanceof UsageError, `not a UsageError: ${error}`);
      return outcomeOf(error.message.replace(folder, '').replace(/not JSON: .*/s, 'not JSON'));
    }
    for (const [name, entry] of file.entries) {
      assert.ok(isName(name), name);
      assert.ok(entry.length > 0 || typeof entry === 'string');
    }
    return `entries ${Math.min(file.entries.size, 4)}`;
  },
};

function configurationFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'guestwire-'));
  mkdirSync(join(path, 'guestwire'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  return path;
}
