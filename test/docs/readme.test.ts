// The commands in the README print what it shows.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ourAgent, startAgent, unprivileged } from '../compat/agents.js';
import { openLink } from '../compat/link.js';
import { projectFile, readmeBlock } from './support.js';

it('holds the conversation of the README, byte for byte', async () => {
  await using agent = await startAgent(unprivileged(ourAgent()));
  await using link = await openLink(agent.socket);
  const lines = readmeBlock('conversation').replaceAll('"/tmp/', `"${agent.folderInside}/`).split('\n');
  assert.ok(lines.length > 10);
  for (const line of lines) {
    const [arrow, text] = [line.slice(0, 2), line.slice(2)];
    const bytes = Buffer.from(`${text.replace(/^\\xff/, '\xff')}\n`, 'latin1');
    if (arrow === '→ ') link.send(bytes);
    else {
      assert.equal(arrow, '← ');
      const reply = await link.until(Buffer.from('\n'));
      assert.equal(`${reply.toString('latin1')}\n`, bytes.toString('latin1'));
    }
  }
});

it('names the packages for a complete test run that CI installs', () => {
  const read = (path: string) => projectFile(path).replaceAll(/\s+/g, ' ');
  const [, packages] = /packages="([^"]+)"/.exec(read('.ci/run')) ?? [];
  assert.ok(packages?.includes('qemu'));
  for (const path of ['README.md', 'CONTRIBUTING.md'])
    assert.ok(read(path).includes(`\`${packages}\``), path);
});
