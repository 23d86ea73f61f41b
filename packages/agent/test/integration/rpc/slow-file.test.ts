// A file on a filesystem that another program has frozen: the agent must answer everything that does not need it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type GuestdFolder, guestdFolder } from '../../support/guestd.js';
import type { Host } from '../../support/host.js';
import { cannotFreeze, type LoopFilesystems, loopFilesystems } from '../../support/loop-filesystems.js';

function request(execute: string, args?: object): string {
  return JSON.stringify({ execute, ...(args && { arguments: args }) });
}

const PONG = '{"return": {}}';

/** Returns the state of a process in `/proc`, `Z` for one that has ended but has a thread that has not. */
function stateOf(pid: number | undefined): string | undefined {
  return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
}

describe('guestd with a file that blocks', { skip: cannotFreeze() }, () => {
  let filesystems: LoopFilesystems;
  let folder: GuestdFolder;
  let frozen = '';

  beforeEach(() => {
    filesystems = loopFilesystems();
    folder = guestdFolder();
    [frozen = ''] = filesystems.directories;
  });

  afterEach(() => {
    thaw();
    folder[Symbol.dispose]();
    filesystems[Symbol.dispose]();
  });

  const thaw = (): void => {
    try {
      execFileSync('fsfreeze', ['-u', frozen], { stdio: 'ignore' });
    } catch {
      // It is thawed.
    }
  };

  /** Starts an agent, and a flush that does not end before `thaw`. */
  const block = async (options: readonly string[] = [], threads = '8') => {
    const environment = { UV_THREADPOOL_SIZE: threads };
    const { child, host } = await folder.serve(['--system-root', filesystems.root, ...options], environment);
    const path = `${frozen}/file`;
    assert.equal(await host.ask(request('guest-file-open', { path, mode: 'w' })), '{"return": 1000}');
    const data = Buffer.from('data').toString('base64');
    await host.ask(request('guest-file-write', { handle: 1000, 'buf-b64': data }));
    execFileSync('fsfreeze', ['-f', frozen]);
    host.send(request('guest-file-flush', { handle: 1000 }));
    return { child, host };
  };

  it('answers on the same connection, in order, when the host gives up, and refuses the handle until it has ended', async () => {
    const { host } = await block();
    await delay(5_500);
    host.send(`${request('guest-sync', { id: 5 })}${request('guest-file-flush', { handle: 1000 })}`);
    assert.match(
      await host.line(),
      /"guest-file-flush has not ended after \d+ seconds, when the host sent guest-sync/,
    );
    assert.equal(await host.line(), '{"return": 5}');
    assert.match(await host.line(), /"handle '1000' is busy: guest-file-flush has not ended"/);
    thaw();
    // The flush ends now; there is no event for it on this side.
    let reply = '';
    do reply = await host.ask(request('guest-file-flush', { handle: 1000 }));
    while (reply.includes('is busy'));
    assert.equal(reply, PONG);
  });

  it('replies with an error after the time limit', async () => {
    const { host } = await block(['--command-timeout=2']);
    assert.match(
      await host.line(),
      /"guest-file-flush has not ended after 2 seconds; it continues in the background"/,
    );
    assert.equal(await host.ask(request('guest-ping')), PONG);
  });

  it('serves waiting clients beside the slow one', async () => {
    await block();
    using second = await folder.connect();
    assert.equal(await second.ask(request('guest-ping')), PONG);
    assert.match(await second.ask(request('guest-exec', { path: '/bin/true' })), /"pid"/);
    assert.equal(await second.ask(request('guest-fsfreeze-status')), '{"return": "thawed"}');
    const hosts: Host[] = [];
    for (let i = 0; i < 6; i += 1) hosts.push(await folder.connect());
    for (const host of hosts) {
      assert.equal(await host.ask(request('guest-ping')), PONG);
      host[Symbol.dispose]();
    }
  });

  it('refuses commands on files when too many wait, and carries out others', async () => {
    const { host } = await block(['--command-timeout=2'], '4');
    assert.match(await host.line(), /guest-file-flush has not ended/);
    assert.match(
      await host.ask(request('guest-file-open', { path: '/etc/passwd' })),
      /"guest-file-open was not carried out: too many commands \(1\) wait for files or disks that do not respond"/,
    );
    assert.match(await host.ask(request('guest-exec', { path: '/bin/true' })), /"pid"/);
    thaw();
    let reply = '';
    do reply = await host.ask(request('guest-file-open', { path: '/etc/passwd' }));
    while (reply.includes('too many commands'));
    assert.equal(reply, '{"return": 1001}');
  });

  it('leaves at SIGTERM, except for the thread that the kernel does not end', async () => {
    const { child, host } = await block();
    await delay(1_000);
    child.kill('SIGTERM');
    await host.rest();
    const start = performance.now();
    while (stateOf(child.pid) !== 'Z' && performance.now() - start < 25_000) await delay(50);
    assert.equal(stateOf(child.pid), 'Z');
    assert.ok(performance.now() - start < 20_000);
  });
});
