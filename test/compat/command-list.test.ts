// The commands that guest-info lists are those of qemu-ga, in its order, and those that came after the release we compare with.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AgentProgram, ourAgent, referenceAgents, startAgent, unprivileged } from './agents.js';
import { openLink } from './link.js';

/** The commands added since 10.0, with their position in the list of the newest release. */
const later: readonly string[] = [];

/** Each command's name, and whether it sends a reply on success. */
async function listed(program: AgentProgram): Promise<readonly (readonly [string, boolean])[]> {
  await using agent = await startAgent(unprivileged(program));
  await using link = await openLink(agent.socket);
  link.send(Buffer.from('{"execute":"guest-info"}\n'));
  const reply = JSON.parse((await link.until(Buffer.from('\n'))).toString()) as {
    return: { supported_commands: { name: string; 'success-response': boolean }[] };
  };
  return reply.return.supported_commands.map((command) => [command.name, command['success-response']]);
}

const { '10.0': reference, missing } = referenceAgents();

describe('guest-info lists', () => {
  test('the commands of qemu-ga 10.0 in the same order, and later ones', {
    skip: reference ? false : (missing ?? ''),
  }, async () => {
    assert.ok(reference);
    const [ours, theirs] = [await listed(ourAgent()), await listed(reference)];
    assert.deepEqual(
      ours.filter(([name]) => !later.includes(name)),
      theirs,
    );
    assert.deepEqual(
      later.filter((name) => !ours.some(([own]) => own === name)),
      [],
      'not listed, though it came later',
    );
  });

  test('forty-three commands, and later ones', async () => {
    const names = (await listed(ourAgent())).map(([name]) => name);
    assert.equal(names.length, 43 + later.length);
    assert.equal(new Set(names).size, names.length);
  });
});
