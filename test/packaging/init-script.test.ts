// The init script of guestd, with stand-ins for start-stop-daemon and the agent.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { projectFolder } from '../compat/agents.js';

describe('/etc/init.d/guestd stop', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestwire-init-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Returns what the script has run. The statuses are those of start-stop-daemon. */
  function stop({ status, stopped }: { status: number; stopped: number }): string[] {
    const calls = join(folder, 'calls');
    const program = (name: string, body: string): string => {
      const path = join(folder, name);
      writeFileSync(path, `#!/bin/sh\necho ${name} "$@" >> ${calls}\n${body}\n`, { mode: 0o755 });
      return path;
    };
    const daemon = program('agent', '');
    program('start-stop-daemon', `case $1 in --status) exit ${status} ;; --stop) exit ${stopped} ;; esac`);
    const script = readFileSync(join(projectFolder, 'packaging/init.d/guestd'), 'utf8')
      .replace(/^PATH=/m, `PATH=${folder}:`)
      .replace(/^DAEMON=.*$/m, `DAEMON=${daemon}`)
      .replace(/^PIDFILE=.*$/m, 'PIDFILE=/guestd.pid');
    writeFileSync(join(folder, 'script'), script);
    spawnSync('/bin/sh', [join(folder, 'script'), 'stop'], { encoding: 'utf8' });
    return readFileSync(calls, 'utf8').replaceAll(daemon, 'AGENT').trimEnd().split('\n');
  }

  const stopping = 'start-stop-daemon --stop --quiet --oknodo --retry=TERM/90/KILL/5';

  it('stops the agent of the pid file, and thaws afterwards', () => {
    assert.deepEqual(stop({ status: 0, stopped: 0 }).slice(1), [
      `${stopping} --pidfile /guestd.pid --exec AGENT`,
      'agent --thaw-after-exit',
    ]);
  });

  it('finds an agent without a pid file by its executable', () => {
    for (const status of [1, 3]) {
      assert.equal(stop({ status, stopped: 0 }).at(-2), `${stopping} --exec AGENT`);
    }
  });

  it('thaws after an agent that was killed and has not ended yet', () => {
    assert.equal(stop({ status: 0, stopped: 2 }).at(-1), 'agent --thaw-after-exit');
    assert.match(stop({ status: 0, stopped: 3 }).at(-1) ?? '', /--stop/);
  });
});
