import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { REGISTRATION_ORDER } from '@guestwire/protocol/contract';
import { parsePolicy } from '../../src/policy/parse-policy.js';
import { PRESETS } from '../../src/policy/presets.js';

function projectFile(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../../../../${path}`, import.meta.url)), 'utf8');
}

describe('docs/policy.md', () => {
  const page = projectFile('docs/policy.md');

  it('has a table of the commands of each preset', () => {
    const rows = REGISTRATION_ORDER.map((name) => {
      const marks = PRESETS.map(({ commands }) => (commands === 'all' || commands.has(name) ? '✓' : ''));
      return `| \`${name}\` | ${marks.join(' | ')} |`;
    });
    const head = `| command | ${PRESETS.map(({ name }) => `\`${name}\``).join(' | ')} |`;
    assert.ok(page.includes([head, `|---|${PRESETS.map(() => '---|').join('')}`, ...rows, ''].join('\n')));
  });

  it('describes each preset as the code does', () => {
    for (const { name, summary } of PRESETS) {
      assert.match(
        page,
        new RegExp(`^\\| \`${name}\` \\| \`VM\\.GuestAgent\\.\\w+\` \\| ${summary} \\|$`, 'm'),
      );
    }
  });

  it('has valid examples', () => {
    const examples = Array.from(page.matchAll(/^```ini\n(.*?)^```$/gms), ([, text = '']) => text);
    assert.ok(examples.length > 0);
    for (const text of examples) assert.deepEqual(parsePolicy(text, 'example').problems, []);
  });
});

describe('the presets of a policy', () => {
  const names = PRESETS.map(({ name }) => name);

  it('are named by the completion of each shell', () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      assert.ok(projectFile(`packaging/completion/guestd.${shell}`).includes(names.join(' ')), shell);
    }
  });
});
