import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError } from '../../../src/agent-error.js';
import type { Transport } from '../../../src/transport/transport.js';
import { unixListen } from '../../../src/transport/unix-listen.js';
import { Host } from '../../support/host.js';
import { listensForHosts } from '../../support/listening-contract.js';
import { collectingLogger } from '../../support/logger.js';
import { answering, isServed, OTHER_USER } from '../../support/other-user.js';
import { Recorder } from '../../support/recorder.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';
import { unprivileged } from '../../support/unprivileged.js';

listensForHosts('a unix socket channel', (path) => unixListen(path));

describe('unixListen', () => {
  let folder: TemporaryFolder;
  let path: string;
  let transport: Transport;
  let agent: Recorder;

  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('ga.sock');
    transport = unixListen(path);
    agent = new Recorder(transport);
  });

  afterEach(async () => {
    await transport.close();
    folder[Symbol.dispose]();
  });

  const openingFails = (message: string) => (error: unknown) => {
    assert.ok(error instanceof AgentError);
    assert.equal(error.code, 'transport');
    assert.equal(error.message, message);
    assert.ok(error.advice);
    return true;
  };

  it('replaces the socket of an earlier agent', async () => {
    const earlier = createServer().listen(path);
    await once(earlier, 'listening');
    await transport.open(agent);
    using host = await Host.connect(path);
    host.send('x');
    await agent.until(() => agent.text === 'x');
    earlier.close();
  });

  it('rejects a path at which another file exists', async () => {
    writeFileSync(path, 'precious');
    await assert.rejects(
      transport.open(agent),
      openingFails(`Failed to unlink socket ${path}: it is not a socket`),
    );
    assert.equal(readFileSync(path, 'utf8'), 'precious');
  });

  it('reports that the folder is missing', async () => {
    const missing = folder.file('no/ga.sock');
    transport = unixListen(missing);
    await assert.rejects(
      transport.open(agent),
      openingFails(`Failed to bind socket to ${missing}: No such file or directory`),
    );
  });

  it('reports that the folder may not be written', async () => {
    const locked = folder.file('locked');
    mkdirSync(locked);
    chmodSync(locked, 0o555);
    transport = unixListen(`${locked}/ga.sock`);
    // Root may write anywhere, so the test changes its user. The parent folders are private.
    chmodSync(dirname(locked), 0o755);
    const opening = transport;
    await unprivileged(() =>
      assert.rejects(
        opening.open(agent),
        openingFails(`Failed to bind socket to ${locked}/ga.sock: Permission denied`),
      ),
    );
  });

  it('rejects a path that the kernel would truncate', async () => {
    const long = folder.file('x'.repeat(108));
    transport = unixListen(long);
    await assert.rejects(transport.open(agent), openingFails(`UNIX socket path '${long}' is too long`));
  });

  it('creates the socket with mode 0600 from its first moment, whatever the umask is', async () => {
    for (const umask of [0, 0o777]) {
      const before = process.umask(umask);
      try {
        const opening = transport.open(agent);
        assert.equal(statSync(path).mode & 0o777, 0o600);
        await opening;
        assert.equal(process.umask(), umask);
      } finally {
        process.umask(before);
      }
      assert.equal(statSync(path).mode & 0o777, 0o600);
      await transport.close();
      transport = unixListen(path);
    }
  });

  it('gives the socket the mode that is requested, whatever the umask is', async () => {
    const before = process.umask(0o077);
    transport = unixListen(path, { mode: 0o662 });
    await transport.open(agent).finally(() => process.umask(before));
    assert.equal(statSync(path).mode & 0o777, 0o662);
  });

  it('reports the process that has connected', async () => {
    await transport.open(agent);
    using host = await Host.connect(path);
    host.send('x');
    await agent.until(() => agent.text === 'x');
    const [uid, gid] = [process.getuid?.(), process.getgid?.()];
    assert.deepEqual(agent.peers, [{ kind: 'unix', pid: process.pid, uid, gid }]);
  });

  it('lets every user connect that the permissions let, unless users are listed', async () => {
    chmodSync(folder.path, 0o755);
    const log = collectingLogger();
    for (const [socketUsers, served] of [
      [undefined, true],
      ['any', true],
      [[OTHER_USER], true],
      [[1], false],
      [[], false],
    ] as const) {
      transport = unixListen(path, { mode: 0o666, socketUsers, log });
      await transport.open(answering(transport));
      assert.equal(await isServed(path), served, JSON.stringify(socketUsers));
      await transport.close();
    }
    assert.equal(log.lines.length, 2);
    assert.match(
      log.lines[0] ?? '',
      /^error: refused a connection from user 65534, process \d+: socket-users does not list this user$/,
    );
  });

  it('checks the users of an abstract socket, which has no permissions', async () => {
    const name = `guestwire-test-${process.pid}`;
    transport = unixListen(`\0${name}`);
    await transport.open(answering(transport));
    assert.equal(await isServed(`@${name}`), false);
    using host = await Host.connect(`\0${name}`);
    assert.equal(await host.ask('x'), 'reply');
  });

  it('uses a random name in the folder for temporary files if the path is empty', async () => {
    transport = unixListen('');
    agent = new Recorder(transport);
    const before = new Set(readdirSync(tmpdir()));
    await transport.open(agent);
    const made = readdirSync(tmpdir()).filter((name) => !before.has(name) && name.startsWith('qemu-socket-'));
    assert.equal(made.length, 1);
    assert.match(made[0] ?? '', /^qemu-socket-[A-Za-z0-9]{6}$/);
    using host = await Host.connect(`${tmpdir()}/${made[0]}`);
    host.send('x');
    await agent.until(() => agent.text === 'x');
  });

  it('removes the socket when it is closed, unless keepSocket is set', async () => {
    await transport.open(agent);
    await transport.close();
    assert.equal(existsSync(path), false);
    const keeping = unixListen(path, { keepSocket: true });
    await keeping.open(agent);
    await keeping.close();
    assert.equal(existsSync(path), true);
  });

  it('queues a hundred clients, and serves them in order', async () => {
    await transport.open(agent);
    const hosts = await Promise.all(Array.from({ length: 100 }, () => Host.connect(path)));
    for (const [i, host] of hosts.entries()) {
      host.send(`${i};`);
      await agent.until(() => agent.text.endsWith(`${i};`));
      host.socket.destroy();
      await agent.until(() => agent.ends === i + 1);
    }
  });
});
