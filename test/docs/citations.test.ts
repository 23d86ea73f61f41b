// Each section of docs/qemu-ga-behaviour.md that the sources cite ("qemu-ga §5.10") exists.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectFolder } from '../compat/agents.js';

const BEHAVIOUR = 'docs/qemu-ga-behaviour.md';

function read(path: string): string {
  return readFileSync(join(projectFolder, path), 'utf8');
}

function trackedFiles(): readonly string[] {
  return execFileSync('git', ['ls-files', '-z', '--', 'packages', 'test', 'bench', 'docs', 'packaging'], {
    cwd: projectFolder,
    encoding: 'utf8',
  })
    .split('\0')
    .filter((path) => /\.(ts|json|md|txt|qapi)$/.test(path) && path !== BEHAVIOUR);
}

test('every cited section of the qemu-ga behaviour reference exists', () => {
  const sections = new Set(Array.from(read(BEHAVIOUR).matchAll(/<a id="([\d.]+)">/g), ([, id]) => id));
  assert.ok(sections.size > 50);
  const cited = trackedFiles().flatMap((path) =>
    Array.from(read(path).matchAll(/§(\d+(?:\.\d+)?)/g), ([, section]) => ({ path, section })),
  );
  assert.ok(cited.length > 100);
  assert.deepEqual(
    cited.filter(({ section }) => !sections.has(section)),
    [],
  );
});
