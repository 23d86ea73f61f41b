import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { gunzipSync } from 'node:zlib';
import { projectFolder } from '@guestwire/test/agents';
import type { Sample } from './metrics.js';

/** The schema in Debian's package `qemu-guest-agent`. */
const SCHEMA = '/usr/share/doc/qemu-guest-agent/qapi-schema.json.gz';

/** Measures a run of the compiler that checks and generates; `undefined` without a schema on this machine. */
export function measureCompiler(folder: string): Sample | undefined {
  if (!existsSync(SCHEMA)) return undefined;
  const file = join(folder, 'qga.json');
  writeFileSync(file, gunzipSync(readFileSync(SCHEMA)));
  const program = join(projectFolder, 'packages/qapi/bin/qapi.js');
  const start = performance.now();
  execFileSync(
    process.execPath,
    [program, 'generate', file, '--all', '--quiet', '-o', join(folder, 'generated')],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  return { compiler: performance.now() - start };
}
