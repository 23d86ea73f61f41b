import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { projectFolder, referenceAgents } from '../compat/agents.js';
import { areEquivalent, knownDifferences } from './differential/differences.js';
import { compareAgents } from './differential/run.js';

const REQUESTS = 2500;
const SEED = 20_261_129;

const { missing } = referenceAgents();

describe('guestd', () => {
  const title = `replies like qemu-ga 10.0 to ${REQUESTS} generated requests`;
  test(title, { skip: missing ?? false }, async () => {
    const { requests, mismatches } = await compareAgents(REQUESTS, SEED);
    assert.deepEqual(mismatches, []);
    assert.equal(requests, REQUESTS);
  });
});

describe('areEquivalent', () => {
  const sent = '{"execute":"guest-ping"}';

  test('accepts equal bytes only', () => {
    assert.ok(areEquivalent({ sent, ours: '{"return": {}}\n', reference: '{"return": {}}\n' }));
    assert.ok(!areEquivalent({ sent, ours: '{"return": {}}\n', reference: '{"return": {} }\n' }));
    assert.ok(!areEquivalent({ sent, ours: '{"return": 1}\n', reference: '{"return": 2}\n' }));
  });

  test('accepts other results of a command that reads the state of the machine, but not another kind of reply', () => {
    const state = String.raw`{'execute':'guest-get-ti\u006de'}`;
    const failure = '{"error": {"class": "GenericError", "desc": "Parameter \'x\' is unexpected"}}\n';
    assert.ok(areEquivalent({ sent: state, ours: '{"return": 1}\n', reference: '{"return": 2}\n' }));
    assert.ok(!areEquivalent({ sent: state, ours: '{"return": 1}\n', reference: failure }));
  });
});

test('docs/compatibility.md has every difference that the comparison of generated requests accepts', () => {
  const page = readFileSync(join(projectFolder, 'docs/compatibility.md'), 'utf8');
  for (const { id } of knownDifferences) assert.ok(page.includes(`\`${id}\``), `${id} is missing`);
});
