// Writes the API reports: npm run api. With --check, fails if they are stale.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { installTools } from './tools.mjs';
import { publicPackages } from './workspace.mjs';

const update = !process.argv.includes('--check');
await installTools();
const { apiReports } = await import('./api-reports.mjs');
const temporaryFolder = mkdtempSync(join(tmpdir(), 'guestwire-api-'));
try {
  const changed = apiReports(publicPackages(), { update, temporaryFolder });
  for (const report of changed)
    console.log(`etc/api/${report} ${update ? 'updated' : 'is stale: run npm run api'}`);
  if (!update && changed.length > 0) process.exitCode = 1;
} finally {
  rmSync(temporaryFolder, { recursive: true, force: true });
}
