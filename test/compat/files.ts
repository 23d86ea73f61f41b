import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './agents.js';

const folder = join(projectFolder, 'test/compat/transcripts');

/** The files of recorded conversations. */
export function transcriptPaths(): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .map((name) => join(folder, name));
}
