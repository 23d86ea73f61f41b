import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  crashName,
  execute,
  type FuzzTarget,
  minimize,
  outcomeOf,
  Random,
  type RunResult,
  readInputs,
  runTarget,
  targetOfCrash,
  writeInputs,
} from '@guestwire/fuzz';

function supportModule(name: string): string {
  return fileURLToPath(new URL(`./support/${name}.js`, import.meta.url));
}

function run(name: string, seed: number, runs: number): Promise<RunResult> {
  return runTarget({ module: supportModule(name), corpus: [], seed, runs, seconds: 60 });
}

describe('runTarget', () => {
  test('finds an input behind nested branches, and minimizes it', async () => {
    const { findings } = await run('planted-bug', 1, 60_000);
    assert.deepEqual(
      findings.map(({ input, message }) => [Buffer.from(input).toString(), message]),
      [['bug', 'AssertionError: found the bug']],
    );
  });

  test('generates the same inputs from the same seed', async () => {
    const [first, second] = [await run('planted-bug', 5, 3000), await run('planted-bug', 5, 3000)];
    assert.deepEqual(first.statistics, second.statistics);
    assert.deepEqual(first.corpus, second.corpus);
    assert.equal(first.statistics.executions, 3000);
  });

  test('reports the input that exhausts the memory', async () => {
    const module = supportModule('endless');
    const { findings } = await runTarget({
      module,
      corpus: [],
      seed: 1,
      runs: 10,
      seconds: 60,
      memoryMb: 48,
    });
    assert.deepEqual(
      findings.map(({ input, signature }) => [Buffer.from(input).toString(), signature]),
      [['!', 'memory']],
    );
  });
});

describe('execute', () => {
  test('reports an input that takes too much time', async () => {
    const target: FuzzTarget = {
      name: 'slow',
      invariants: 'is fast',
      covers: [],
      seeds: [],
      maxTimeMs: 8,
      run() {
        const end = performance.now() + 50;
        while (performance.now() < end);
        return undefined;
      },
    };
    const outcome = await execute(target, Buffer.from('x'));
    assert.equal(outcome.ok ? 'no failure' : outcome.failure.signature, 'slow');
  });

  test('gives failures at different places different signatures', async () => {
    const target: FuzzTarget = {
      name: 'failing',
      invariants: 'holds',
      covers: [],
      seeds: [],
      run(input) {
        if (input.length > 1) throw new RangeError(`length ${input.length}`);
        throw new RangeError(`length ${input.length}`);
      },
    };
    const signatures: string[] = [];
    for (const text of ['a', 'b', 'cc', 'ddd']) {
      const outcome = await execute(target, Buffer.from(text));
      assert.ok(!outcome.ok);
      signatures.push(outcome.failure.signature);
    }
    assert.equal(signatures[0], signatures[1]);
    assert.equal(signatures[2], signatures[3]);
    assert.notEqual(signatures[0], signatures[2]);
  });
});

test('minimize removes what a failure does not need', async () => {
  const fails = async (input: Buffer): Promise<boolean> => /k.*v/s.test(input.toString('latin1'));
  assert.equal(`${await minimize(Buffer.from('[group]\nkey = value\n'.repeat(20)), fails)}`, 'kv');
});

test('outcomeOf drops numbers, quoted parts and bytes that are not ASCII', () => {
  assert.equal(outcomeOf("Parameter 'a1' is missing in line 12 é"), 'Parameter "" is missing in line 0 ?');
});

test('Random gives the same numbers for a seed, within their bounds', () => {
  const numbers = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 1000 }, () => random.between(3, 9));
  };
  assert.deepEqual(numbers(1), numbers(1));
  assert.notDeepEqual(numbers(1), numbers(2));
  assert.deepEqual([...new Set(numbers(1))].sort(), [3, 4, 5, 6, 7, 8, 9]);
});

test('writeInputs writes ASCII, which readInputs reads back without comments', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-'));
  try {
    const path = join(folder, 'corpus/x.txt');
    const inputs = ['', 'b', 'a', '# "quoted" \\ \0\x7f\x80\xff\n'].map((text) =>
      Buffer.from(text, 'latin1'),
    );
    writeInputs(path, inputs);
    assert.match(readFileSync(path, 'latin1'), /^[ -~\n]*$/);
    assert.deepEqual(readInputs(path).map(String).sort(), inputs.map(String).sort());
    assert.deepEqual(readInputs(join(folder, 'absent')), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('targetOfCrash returns the target of a name that crashName has made', () => {
  assert.equal(targetOfCrash(crashName('wire-reader', Buffer.from('x'))), 'wire-reader');
  assert.equal(targetOfCrash('wire-reader'), undefined);
});
