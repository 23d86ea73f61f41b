// Every relative link in a page of the project leads somewhere, and to a heading that is there.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { projectFolder } from '../compat/agents.js';

/** Folders without pages of ours; `pages` is what the documentation site generates. */
const skipped = new Set(['node_modules', 'dist', '.git', 'pages']);

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : pagesIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** What a page can be entered by: its anchors, and its headings as GitHub spells them. */
function anchorsOf(text: string): ReadonlySet<string> {
  return new Set([
    ...Array.from(text.matchAll(/<a id="([^"]+)">/g), ([, id = '']) => id),
    ...Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  ]);
}

const pages = pagesIn(projectFolder);

describe('the links of', () => {
  assert.ok(pages.length > 10);
  for (const page of pages) {
    test(relative(projectFolder, page), () => {
      const text = readFileSync(page, 'utf8').replace(/```.*?```/gs, '');
      const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
      const broken = targets.filter((target) => {
        if (/^[a-z]+:/.test(target)) return false;
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : resolve(dirname(page), path);
        if (!existsSync(file)) return true;
        return (
          anchor !== undefined &&
          (statSync(file).isDirectory() || !anchorsOf(readFileSync(file, 'utf8')).has(anchor))
        );
      });
      assert.deepEqual(broken, []);
    });
  }
});
