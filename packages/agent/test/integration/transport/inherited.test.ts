import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { listen, socket } from '@guestwire/posix';
import { inheritedSocket } from '../../../src/transport/inherited.js';
import { GUESTD } from '../../support/guestd.js';
import { Host } from '../../support/host.js';
import { listeningDescriptor } from '../../support/listening-descriptor.js';
import { isServed } from '../../support/other-user.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

const ACTIVATE = '/usr/bin/systemd-socket-activate';
const AF_INET = 2;

describe('an inherited listening socket', () => {
  let folder: TemporaryFolder;
  let path: string;
  let given: number;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('ga.sock');
    given = listeningDescriptor(path);
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    closeSync(given);
    folder[Symbol.dispose]();
  });

  /** Starts guestd as systemd does: with the socket as descriptor 3 and its own pid in LISTEN_PID. */
  const activate = (descriptor: number | 'ignore', args: string, fds = '1', pid = '$$') => {
    const script = `LISTEN_PID=${pid} LISTEN_FDS=${fds} LISTEN_FDNAMES=agent exec "$0" "$1" -t "$2" ${args}`;
    const child = spawn('sh', ['-c', script, process.execPath, GUESTD, folder.path], {
      stdio: ['ignore', 'pipe', 'pipe', descriptor],
      env: { ...process.env, QGA_CONF: folder.file('none.conf') },
    });
    children.push(child);
    return child;
  };

  const fails = async (child: ChildProcess, message: string): Promise<void> => {
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const [status] = await once(child, 'close');
    assert.equal(status, 1);
    assert.ok(text.includes(message), text);
  };

  it('overrides the configured method and path', async () => {
    const child = activate(given, '-m virtio-serial -p /nowhere/port');
    using host = await Host.connect(path);
    assert.equal(await host.ask('{"execute":"guest-ping"}'), '{"return": {}}');
    host.socket.end();
    using next = await Host.connect(path);
    assert.equal(await next.ask('{"execute":"guest-ping"}'), '{"return": {}}');
    assert.match(readFileSync(`/proc/${child.pid}/fdinfo/3`, 'utf8'), /^flags:\s+02004002$/m);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal(existsSync(path), true);
  });

  it('serves root and its own user only, also while another client is served', async () => {
    chmodSync(folder.path, 0o755);
    chmodSync(path, 0o666);
    const child = activate(given, '');
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
    using host = await Host.connect(path);
    assert.equal(await host.ask('{"execute":"guest-ping"}'), '{"return": {}}');
    // More than wait in the kernel's queue, whose places belong to clients that may connect.
    for (let client = 0; client < 20; client += 1) assert.equal(await isServed(path), false);
    assert.equal(await host.ask('{"execute":"guest-ping"}'), '{"return": {}}');
    host.socket.end();
    using next = await Host.connect(path);
    assert.equal(await next.ask('{"execute":"guest-ping"}'), '{"return": {}}');
    child.kill('SIGTERM');
    await once(child, 'close');
    const lines = log.split('\n').filter((line) => line.includes('refused a connection from user 65534'));
    assert.equal(lines.length, 1, log);
  });

  it('serves a waiting client beside a slow request of the first one', async () => {
    // No filesystem in the mount list: nothing is frozen.
    mkdirSync(folder.file('proc/self'), { recursive: true });
    writeFileSync(folder.file('proc/self/mountinfo'), '');
    const hook = folder.file('hook');
    const script = `#!/bin/sh\nuntil [ -e ${folder.file('continue')} ]; do sleep 0.05; done\n`;
    writeFileSync(hook, script, { mode: 0o755 });
    activate(given, `--system-root=${folder.path} -F${hook}`);
    using host = await Host.connect(path);
    host.send('{"execute":"guest-fsfreeze-freeze"}');
    using next = await Host.connect(path);
    assert.equal(await next.ask('{"execute":"guest-ping"}'), '{"return": {}}');
    writeFileSync(folder.file('continue'), '');
    assert.equal(await host.line(), '{"return": 0}');
  });

  it('serves other users that --socket-users lists', async () => {
    chmodSync(folder.path, 0o755);
    chmodSync(path, 0o666);
    for (const users of ['1000,65534', 'any']) {
      const child = activate(given, `--socket-users=${users}`);
      assert.equal(await isServed(path), true);
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });

  it('is ignored if LISTEN_PID names another process', async () => {
    await fails(activate(given, '-p /nowhere/port', '1', '1'), 'error opening channel');
    await fails(activate(given, '-p /nowhere/port', '0'), 'error opening channel');
    await fails(activate(given, '-p /nowhere/port', 'x'), 'error opening channel');
  });

  it('is rejected if its family is unsupported or it does not listen', async () => {
    const internet = socket(AF_INET);
    assert.equal(listen(internet, 1), 0);
    await fails(activate(internet, ''), 'unsupported listen fd type');
    closeSync(internet);
    const file = openSync('/dev/null', constants.O_RDWR);
    await fails(activate(file, ''), 'unsupported listen fd type');
    closeSync(file);
    const idle = socket(1);
    await fails(activate(idle, ''), 'unsupported listen fd type');
    closeSync(idle);
  });

  it('is rejected if there are two', async () => {
    await fails(activate(given, '', '2'), 'qemu-ga only supports listening on one socket');
  });

  it('removes its variables from the environment, and keeps those for other processes', () => {
    const others = { LISTEN_PID: '1', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x', PATH: '/bin' };
    const before = { ...others };
    assert.equal(inheritedSocket(others), undefined);
    assert.deepEqual(others, before);
    const ours: NodeJS.ProcessEnv = { ...others, LISTEN_PID: String(process.pid), LISTEN_FDS: '0' };
    assert.equal(inheritedSocket(ours), undefined);
    assert.deepEqual(ours, { PATH: '/bin' });
  });

  it('is accepted from systemd-socket-activate', {
    skip: existsSync(ACTIVATE) ? false : `no ${ACTIVATE}: install the Debian package systemd`,
  }, async () => {
    const listen = folder.file('systemd.sock');
    const child = spawn(ACTIVATE, ['-l', listen, process.execPath, GUESTD, '-t', folder.path], {
      stdio: 'ignore',
      env: { ...process.env, QGA_CONF: folder.file('none.conf') },
    });
    children.push(child);
    let host: Host | undefined;
    while (host === undefined) host = await Host.connect(listen).catch(() => undefined);
    assert.equal(await host.ask('{"execute":"guest-ping"}'), '{"return": {}}');
    host.socket.destroy();
  });
});
