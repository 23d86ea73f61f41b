import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readRoutes } from '../../../src/guest/network/routes.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('readRoutes reads numbers that are malformed as 0, so that a reply can carry them', async () => {
  using root = temporaryFolder();
  mkdirSync(root.file('proc/net'), { recursive: true });
  writeFileSync(root.file('proc/net/route'), 'Iface\neth0 00000000 0100000A k x x x 00000000 x x x\n');
  const [route] = await readRoutes(root.path);
  const { flags, refcnt, use, metric, mtu, window, irtt } = route ?? {};
  assert.deepEqual(
    { flags, refcnt, use, metric, mtu, window, irtt },
    {
      flags: 0,
      refcnt: 0,
      use: 0,
      metric: 0,
      mtu: 0,
      window: 0,
      irtt: 0,
    },
  );
});
