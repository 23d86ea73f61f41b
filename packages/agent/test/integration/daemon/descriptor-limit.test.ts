import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { guestdFolder } from '../../support/guestd.js';
import type { Host } from '../../support/host.js';

const SCRIPT = fileURLToPath(new URL('../../../../bin/guestd.sh', import.meta.url));

const LIMIT = 64;
const CLIENTS = 60;

describe('guestd with a limit of open files', () => {
  it('refuses to start under 48, and names the limit and the number that it needs', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', `ulimit -n 20; exec sh "$1" -m unix-listen -p /none`, 'sh', SCRIPT],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(status, 1);
    assert.equal(
      stderr,
      'guestd: the limit of 20 open files is too low; 48 are needed (raise it with ulimit -n, or LimitNOFILE= in the service unit)\n',
    );
  });

  it('carries out commands while sixty clients wait, and then serves each of them', async () => {
    using folder = guestdFolder();
    const { child, host } = await folder.serve();
    // Node has raised the soft limit.
    const limited = spawnSync('prlimit', [`--pid=${child.pid}`, `--nofile=${LIMIT}:${LIMIT}`], {
      encoding: 'utf8',
    });
    assert.equal(limited.status, 0, limited.stderr);
    const waiting: Host[] = [];
    for (let count = 0; count < CLIENTS; count += 1) waiting.push(await folder.connect());
    const reply = await host.ask(
      '{"execute":"guest-exec","arguments":{"path":"/bin/true","capture-output":"separated"}}',
    );
    assert.match(reply, /"pid"/);
    assert.match(await host.ask('{"execute":"guest-get-fsinfo"}'), /^\{"return": \[/);
    host[Symbol.dispose]();
    for (const client of waiting) {
      assert.equal(await client.ask('{"execute":"guest-ping"}'), '{"return": {}}');
      client[Symbol.dispose]();
    }
  });
});
