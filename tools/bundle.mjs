// Bundles the programs guestctl and qapi with their V8 code caches: `bundle` in bundle/program.mjs.
//
//   node tools/bundle.mjs          (after `tsc -b`; `npm run build` does both)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fakeGuest } from '../packages/testing/dist/src/index.js';
import { bundle } from './bundle/program.mjs';

const schema = fileURLToPath(new URL('../packages/protocol/schema/guest-agent.json', import.meta.url));
const place = mkdtempSync(join(tmpdir(), 'bundle-'));
const fake = fakeGuest();
try {
  const { target } = await fake.listen(join(place, 'q.sock'));
  await bundle('guestctl', 'cli', [['ping', '--to', target]]);
  const page = (command) => [command, schema, '-o', join(place, command)];
  await bundle('qapi', 'qapi', [
    page('generate'),
    ['check', '--quiet', schema],
    page('docs'),
    page('introspect'),
  ]);
} finally {
  await fake[Symbol.asyncDispose]();
  rmSync(place, { recursive: true, force: true });
}
