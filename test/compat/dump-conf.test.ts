// Compares qemu-ga with the recorded output; guestd's unit tests compare guestd with it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type AgentProgram, ourAgent, referenceAgents, unprivileged } from './agents.js';
import { dumpCases, dumpOf, type RecordedDump, recordPath } from './dump-conf-cases.js';

/** The recorded cases. */
const record = JSON.parse(readFileSync(recordPath, 'utf8')) as readonly RecordedDump[];

const { '10.0': reference, missing } = referenceAgents();

describe(`--dump-conf, for ${record.length} pairs of a file and flags,`, () => {
  test('is printed by qemu-ga 10.0 as recorded', {
    skip: reference ? false : (missing ?? ''),
  }, async () => {
    assert.ok(reference);
    const seen: RecordedDump[] = [];
    for (const dumpCase of dumpCases) {
      seen.push({ ...dumpCase, ...(await dumpOf(unprivileged(reference), dumpCase)) });
    }
    assert.deepEqual(seen, record);
  });

  for (const name of ['defaults', 'every key and every flag', 'an invalid line']) {
    test(`is printed by guestd for ${name}`, async () => {
      const recorded = record.find((found) => found.name === name);
      assert.ok(recorded);
      const { status, stdout } = recorded;
      assert.deepEqual(await dumpOf(ourAgent(), recorded), { status, stdout });
    });
  }

  test('is recorded for at least forty pairs with at least thirty different outputs', () => {
    assert.ok(record.length >= 40, `only ${record.length}`);
    const printed = new Set(record.map(({ stdout }) => stdout));
    assert.ok(printed.size >= 30, `only ${printed.size}`);
  });
});

describe('the names of all commands', () => {
  const named = ({ command: [file, ...first] }: AgentProgram, ...args: string[]): string[] =>
    execFileSync(file, [...first, ...args], { encoding: 'utf8' })
      .trimEnd()
      .split('\n');

  test('are in the order of qemu-ga 10.0', { skip: reference ? false : (missing ?? '') }, () => {
    assert.ok(reference);
    const ours = named(ourAgent(), '-b', 'help');
    const theirs = named(unprivileged(reference), '-b', 'help');
    assert.deepEqual(
      ours.filter((name) => theirs.includes(name)),
      theirs.filter((name) => ours.includes(name)),
    );
    assert.deepEqual(named(ourAgent(), '--allow-rpcs=?'), ours);
  });
});
