import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../compat/agents.js';

/** The text of a file of the project. */
export const projectFile = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');

const readme = projectFile('README.md');

/** The first block of the README that is marked with the language. */
export const readmeBlock = (language: string): string => {
  const block = readme.match(new RegExp(`\`\`\`${language}\n(.*?)\n\`\`\``, 's'))?.[1];
  assert.ok(block !== undefined, `the README has no block of ${language}`);
  return block;
};
