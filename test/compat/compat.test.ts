import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import {
  type AgentProgram,
  ourAgent,
  projectFolder,
  referenceAgents,
  startAgent,
  unprivileged,
} from './agents.js';
import { converse } from './converse.js';
import { differences } from './differences.js';
import { transcriptPaths } from './files.js';
import { parseTranscript, type Speaker, type Transcript, turnsOf } from './transcript.js';

const transcripts = transcriptPaths().map((path): { name: string; transcript: Transcript } => ({
  name: basename(path, '.txt'),
  transcript: parseTranscript(readFileSync(path, 'utf8'), path),
}));

/** The replies that differ from the recorded ones. */
async function disagreements(
  program: AgentProgram,
  speaker: Speaker,
  transcript: Transcript,
): Promise<string[]> {
  const found: string[] = [];
  let agent = await startAgent(unprivileged(program), transcript.options);
  for (const conversation of transcript.conversations) {
    try {
      const seen = await converse(agent, conversation);
      const expected = turnsOf(conversation).map((turn) => turn.expected(speaker));
      assert.deepEqual(seen, expected);
    } catch (error) {
      found.push(`== ${conversation.name}\n${error instanceof Error ? error.message : String(error)}`);
      if (error instanceof assert.AssertionError) continue;
      // An incomplete conversation may have left any state behind.
      await agent[Symbol.asyncDispose]();
      agent = await startAgent(unprivileged(program), transcript.options);
    }
  }
  await agent[Symbol.asyncDispose]();
  return found;
}

const { missing, ...reference } = referenceAgents();

const candidates: readonly { speaker: Speaker; program: AgentProgram | undefined; otherwise: string }[] = [
  { speaker: 'ours', program: ourAgent(), otherwise: '' },
  { speaker: '10.0', program: reference['10.0'], otherwise: missing ?? '' },
  {
    speaker: '7.2',
    program: reference['7.2'],
    otherwise: 'qemu-ga 7.2 is missing: install the Debian 12 package qemu-guest-agent',
  },
];

for (const { speaker, program, otherwise } of candidates) {
  describe(`${speaker === 'ours' ? 'guestd' : `qemu-ga ${speaker}`} replies as recorded`, () => {
    for (const { name, transcript } of transcripts) {
      const unfit = transcript.unfit.get(speaker);
      if (unfit !== undefined) continue;
      const title = `in ${transcript.conversations.length} conversations: ${name}`;
      test(title, { skip: program === undefined ? otherwise : false }, async () => {
        assert.ok(program);
        const found = await disagreements(program, speaker, transcript);
        assert.equal(found.length, 0, `${found.length} disagreements\n\n${found.join('\n\n')}`);
      });
    }
  });
}

describe('the transcripts', () => {
  const conversations = transcripts.flatMap(({ transcript }) => transcript.conversations);

  test('have at least 150 conversations', () => {
    assert.ok(conversations.length >= 150, `only ${conversations.length}`);
  });

  test('have a reason for each difference between guestd and qemu-ga 10.0', () => {
    const ids = new Set<string>();
    for (const { name, steps } of conversations) {
      const named = steps.flatMap((step) => (step.kind === 'differs' ? [step.id] : []));
      const ours = steps.some((step) => step.kind === 'reply' && step.by === 'ours');
      assert.equal(
        ours,
        named.length > 0,
        `"${name}" has answers of ours without a reason, or a reason without answers`,
      );
      for (const id of named) ids.add(id);
    }
    assert.deepEqual([...ids].sort(), Object.keys(differences).sort());
  });

  test('and docs/compatibility.md have the same differences', () => {
    const page = readFileSync(join(projectFolder, 'docs/compatibility.md'), 'utf8');
    const absent = Object.keys(differences).filter((id) => !page.includes(id));
    assert.deepEqual(absent, [], 'not in docs/compatibility.md');
  });
});
