// Calls a fake guest in memory and over a unix socket.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, isGuestError, openGuest } from '@guestwire/client';
import { fakeFiles, fakeGuest } from '@guestwire/testing';

const fake = fakeGuest(fakeFiles({ '/etc/hostname': 'web1\n' }).handlers);
{
  await using guest = await openGuest(fake.host);
  await guest.call('guest-ping');
  await assert.rejects(
    guest.files.readFile('/nowhere'),
    (error) => isGuestError(error, 'command') && /No such file/.test(error.message),
  );
}
const folder = mkdtempSync(join(tmpdir(), 'guestwire-consumer-'));
try {
  await using listening = await fake.listen(join(folder, 'ga.sock'));
  await using guest = await connect(listening.target);
  assert.equal(String(await guest.files.readFile('/etc/hostname')), 'web1\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
