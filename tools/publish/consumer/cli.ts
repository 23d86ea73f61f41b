// Runs guestctl with the runtime of this program against a fake guest.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { fakeGuest } from '@guestwire/testing';

const GUESTCTL = 'node_modules/@guestwire/cli/bin/guestctl.js';
// Deno takes its own arguments before the program.
const runtimeArgs = 'Deno' in globalThis ? ['run', '--allow-all', '--node-modules-dir=manual'] : [];

const folder = mkdtempSync(join(tmpdir(), 'guestwire-consumer-'));
try {
  const fake = fakeGuest({ 'guest-get-host-name': () => ({ 'host-name': 'web1' }) });
  await using listening = await fake.listen(join(folder, 'ga.sock'));
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...runtimeArgs,
    GUESTCTL,
    'call',
    'guest-get-host-name',
    '--to',
    listening.target,
  ]);
  assert.match(stdout, /web1/);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
