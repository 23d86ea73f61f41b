import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const qapi = fileURLToPath(new URL('../../../../', import.meta.url));

/** Prints to standard error the number of files by the use of their code cache. */
const COUNTER = `
  const vm = require('node:vm');
  const counts = { taken: 0, refused: 0, none: 0 };
  vm.Script = class extends vm.Script {
    constructor(text, options) {
      super(text, options);
      counts[{ false: 'taken', true: 'refused' }[this.cachedDataRejected] ?? 'none']++;
    }
  };
  process.on('exit', () => process.stderr.write(JSON.stringify(counts)));
`;

describe('the bundle of qapi', () => {
  // Inside of the package, so that it finds the runtime in @guestwire/schema.
  const folder = mkdtempSync(join(qapi, 'dist/bundle-test-'));
  const schema = join(mkdtempSync(join(tmpdir(), 'qapi-')), 'schema.json');
  writeFileSync(schema, "{ 'command': 'ping' }\n");

  beforeEach(() => {
    for (const part of ['bin', 'dist/bundle'])
      cpSync(join(qapi, part), join(folder, part), { recursive: true });
    writeFileSync(join(folder, 'counter.cjs'), COUNTER);
  });
  after(() => {
    for (const path of [folder, join(schema, '..')]) rmSync(path, { recursive: true });
  });

  const run = async (...args: string[]): Promise<{ out: string; counts: Record<string, number> }> => {
    const node = ['--require', join(folder, 'counter.cjs'), join(folder, 'bin/qapi.js')];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...node, ...args]);
    return { out: stdout, counts: JSON.parse(stderr) };
  };

  const commands: readonly (readonly [string, ...string[]])[] = [
    ['check', '--quiet'],
    ['docs'],
    ['introspect'],
    ['generate', '-o', join(schema, '../generated')],
  ];
  for (const [command, ...options] of commands) {
    test(`has a usable code cache for each file that 'qapi ${command}' loads`, async () => {
      const { counts } = await run(command, schema, ...options);
      assert.ok((counts['taken'] ?? 0) > 1);
      assert.deepEqual({ ...counts, taken: 0 }, { taken: 0, refused: 0, none: 0 });
    });
  }

  test('runs without code caches', async () => {
    const bundle = join(folder, 'dist/bundle');
    for (const name of readdirSync(bundle)) if (name.endsWith('.cache')) rmSync(join(bundle, name));
    const { out, counts } = await run('introspect', schema, '--unmasked');
    assert.match(out, /"name": "ping"/);
    assert.equal(counts['taken'], 0);
  });
});
