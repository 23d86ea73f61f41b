import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { guestdFolder } from '../../support/guestd.js';
import { Pty } from '../../support/pty.js';

describe('guestd with --retry-path', () => {
  it('waits for a missing port, answers once it appears, and exits cleanly', async () => {
    using folder = guestdFolder();
    const port = folder.file('ports/port');
    const child = folder.launch(['-r', '-v', '-p', port, '-t', folder.path]);
    let log = '';
    for await (const chunk of child.stderr) {
      log += String(chunk);
      if (log.includes('waiting for channel path...')) break;
    }
    assert.match(log, /critical: error opening channel '.*port': No such file or directory\n/);
    assert.match(log, /warning: agent stopped unexpectedly, restarting\.\.\.\n.*waiting/);
    using host = new Pty();
    mkdirSync(folder.file('ports'));
    host.linkAt(port);
    host.send('{"execute":"guest-ping"}');
    assert.equal(await host.line(), '{"return": {}}');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('exits at once while it waits', async () => {
    using folder = guestdFolder();
    const child = folder.launch(['-r', '-v', '-p', folder.file('port'), '-t', folder.path]);
    for await (const chunk of child.stderr) if (String(chunk).includes('waiting for channel')) break;
    const asked = performance.now();
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.ok(performance.now() - asked < 4_000, 'it has waited for the clock');
  });
});
