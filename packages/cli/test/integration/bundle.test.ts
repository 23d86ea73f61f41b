import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fakeOnSocket } from '../support/fake-on-socket.js';

const cli = fileURLToPath(new URL('../../../', import.meta.url));

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

describe('the bundle of guestctl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
  const bundle = join(folder, 'dist/bundle');
  const caches = (): string[] =>
    readdirSync(bundle)
      .filter((name) => name.endsWith('.cache'))
      .map((name) => join(bundle, name));

  beforeEach(() => {
    rmSync(bundle, { recursive: true, force: true });
    for (const part of ['bin', 'dist/bundle'])
      cpSync(join(cli, part), join(folder, part), { recursive: true });
    writeFileSync(join(folder, 'counter.cjs'), COUNTER);
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = async (...args: string[]): Promise<{ out: string; counts: Record<string, number> }> => {
    const node = ['--require', join(folder, 'counter.cjs'), join(folder, 'bin/guestctl.js')];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...node, ...args]);
    return { out: stdout, counts: JSON.parse(stderr) };
  };

  /** Pings a guest and returns the counts; `change` is applied to each code cache before. */
  const ping = async (change = (data: Buffer): Buffer => data): Promise<Record<string, number>> => {
    for (const cache of caches()) {
      const length = readFileSync(cache.replace(/\.cache$/, '')).length;
      const bytes = readFileSync(cache);
      writeFileSync(cache, Buffer.concat([bytes.subarray(0, length), change(bytes.subarray(length))]));
    }
    await using guest = await fakeOnSocket();
    const { out, counts } = await run('ping', '--to', guest.target);
    assert.match(out, /answered in/);
    return counts;
  };

  test('has a code cache for the files that a ping loads, and no others', async () => {
    const number = caches().length;
    assert.ok(number > 0);
    assert.deepEqual(await ping(), { taken: number, refused: 0, none: 0 });
  });

  test('runs without code caches', async () => {
    const number = caches().length;
    for (const cache of caches()) rmSync(cache);
    assert.deepEqual(await ping(), { taken: 0, refused: 0, none: number });
  });

  const unusable: Record<string, (data: Buffer) => Buffer> = {
    // The second word is the version of V8.
    'of another version of V8': (data) => {
      const other = Buffer.from(data);
      other.writeUInt32LE((data.readUInt32LE(4) ^ 1) >>> 0, 4);
      return other;
    },
    'that is truncated': (data) => data.subarray(0, data.length >> 1),
    'that is empty': () => Buffer.alloc(0),
    'of random bytes': (data) => Buffer.alloc(data.length, 'garbage'),
  };
  for (const [what, change] of Object.entries(unusable)) {
    test(`ignores a code cache ${what}`, async () => {
      assert.deepEqual(await ping(change), { taken: 0, refused: caches().length, none: 0 });
    });
  }

  test('ignores the code cache of another text of the same length', async () => {
    const main = join(bundle, 'main.cjs');
    const text = readFileSync(main, 'utf8');
    assert.match(text, /VERSION = "\d+\.\d+\.\d+"/);
    writeFileSync(main, text.replace(/VERSION = "\d+\.\d+\.\d+"/, 'VERSION = "9.8.7"'));
    const { out, counts } = await run('--version');
    assert.equal(out, '9.8.7\n');
    assert.equal(counts['none'], 1);
  });

  test('names its files in stack traces without the folder of the build', async () => {
    // An error that guestctl does not expect.
    const broken = join(folder, 'broken.cjs');
    writeFileSync(broken, 'process.stdout.write = () => { throw new Error("no output"); };');
    const node = ['--require', broken, join(folder, 'bin/guestctl.js'), 'targets'];
    const failed = promisify(execFile)(process.execPath, node, { env: { HOME: folder } });
    await assert.rejects(failed, ({ stderr }: { stderr: string }) => {
      assert.match(stderr, /guestctl\/targets-\w+\.cjs:\d+:\d+/);
      assert.ok(!stderr.includes(cli), stderr);
      return true;
    });
  });

  test('ignores the code cache of a text that is a prefix', async () => {
    const main = join(bundle, 'main.cjs');
    writeFileSync(main, `${readFileSync(main, 'utf8')}\n`);
    const { counts } = await run('--version');
    assert.equal(counts['none'], 1);
    assert.equal(counts['refused'], 0);
  });
});
