import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError } from '../../src/agent-error.js';
import type { Channel } from '../../src/channel/channel.js';
import { unixListen } from '../../src/channel/unix-listen.js';
import { Host } from '../support/host.js';
import { Recorder } from '../support/recorder.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

describe('a unix socket channel', () => {
  let folder: TemporaryFolder;
  let path: string;
  let channel: Channel;
  let agent: Recorder;

  beforeEach(() => {
    folder = temporaryFolder();
    path = folder.file('ga.sock');
    channel = unixListen(path);
    agent = new Recorder(channel);
  });

  afterEach(async () => {
    await channel.close();
    folder[Symbol.dispose]();
  });

  const openingFails = (message: string) => (error: unknown) => {
    assert.ok(error instanceof AgentError);
    assert.equal(error.code, 'channel');
    assert.equal(error.message, message);
    assert.ok(error.advice);
    return true;
  };

  it('carries bytes in both directions', async () => {
    await channel.open(agent);
    using host = await Host.connect(path);
    host.send('question');
    await agent.until(() => agent.text === 'question');
    channel.write(Buffer.from('answer\n'));
    assert.equal(await host.line(), 'answer');
  });

  it('replaces the socket that an earlier agent has left', async () => {
    const earlier = createServer().listen(path);
    await once(earlier, 'listening');
    await channel.open(agent);
    using host = await Host.connect(path);
    host.send('x');
    await agent.until(() => agent.text === 'x');
    earlier.close();
  });

  it('leaves alone what is not a socket', async () => {
    writeFileSync(path, 'precious');
    await assert.rejects(
      channel.open(agent),
      openingFails(`Failed to unlink socket ${path}: it is not a socket`),
    );
    assert.equal(readFileSync(path, 'utf8'), 'precious');
  });

  it('says that the folder is missing', async () => {
    const missing = folder.file('no/ga.sock');
    channel = unixListen(missing);
    await assert.rejects(
      channel.open(agent),
      openingFails(`Failed to bind socket to ${missing}: No such file or directory`),
    );
  });

  it('says that the folder may not be written', async () => {
    const locked = folder.file('locked');
    mkdirSync(locked);
    chmodSync(locked, 0o555);
    channel = unixListen(`${locked}/ga.sock`);
    // Root may write anywhere, so root is somebody else for once. The folders on the way are private.
    const root = process.getuid?.() === 0;
    chmodSync(dirname(locked), 0o755);
    if (root) process.seteuid?.(65534);
    try {
      await assert.rejects(
        channel.open(agent),
        openingFails(`Failed to bind socket to ${locked}/ga.sock: Permission denied`),
      );
    } finally {
      if (root) process.seteuid?.(0);
    }
  });

  it('refuses a path that the kernel would cut', async () => {
    const long = folder.file('x'.repeat(108));
    channel = unixListen(long);
    await assert.rejects(channel.open(agent), openingFails(`UNIX socket path '${long}' is too long`));
  });

  it('makes the socket with the permissions that the umask leaves', async () => {
    const before = process.umask(0o027);
    try {
      await channel.open(agent);
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(path).mode & 0o777, 0o750);
  });

  it('removes the socket when it is closed, unless it is to be kept', async () => {
    await channel.open(agent);
    await channel.close();
    assert.equal(existsSync(path), false);
    const keeping = unixListen(path, { keepSocket: true });
    await keeping.open(agent);
    await keeping.close();
    assert.equal(existsSync(path), true);
  });

  it('serves one host at a time, the others after it in the order of their arrival', async () => {
    agent.releases = false;
    await channel.open(agent);
    using first = await Host.connect(path);
    using second = await Host.connect(path);
    second.send('2');
    using third = await Host.connect(path);
    third.send('3');
    first.send('1');
    await agent.until(() => agent.text === '1');
    channel.write(Buffer.from('for the first\n'));
    assert.equal(await first.line(), 'for the first');

    first.socket.end();
    await agent.until(() => agent.ends === 1);
    assert.equal(agent.text, '1');
    channel.release();
    await agent.until(() => agent.text === '12');
    channel.write(Buffer.from('for the second\n'));
    assert.equal(await second.line(), 'for the second');

    second.socket.destroy();
    await agent.until(() => agent.ends === 2);
    channel.release();
    await agent.until(() => agent.text === '123');
    assert.equal(first.received + second.received + third.received, '');
  });

  it('delivers answers to a host that has closed its own side', async () => {
    agent.releases = false;
    await channel.open(agent);
    using host = await Host.connect(path);
    host.socket.end('question');
    await agent.until(() => agent.ends === 1);
    channel.write(Buffer.from('answer\n'));
    channel.release();
    assert.equal(await host.rest(), 'answer\n');
  });

  it('sends all that a host is to get before the next one is served', async () => {
    agent.releases = false;
    await channel.open(agent);
    using first = await Host.connect(path);
    first.socket.pause();
    first.socket.end('1');
    using second = await Host.connect(path);
    second.send('2');
    await agent.until(() => agent.ends === 1);
    const answer = 'x'.repeat(4 * 1024 * 1024);
    channel.write(Buffer.from(answer));
    channel.release();
    assert.equal(agent.text, '1');
    first.socket.resume();
    assert.equal((await first.rest()).length, answer.length);
    await agent.until(() => agent.text === '12');
  });

  it('goes on listening when a host resets the connection with a reply unread', async () => {
    await channel.open(agent);
    const rude = await Host.connect(path);
    rude.socket.pause();
    rude.send('1');
    await agent.until(() => agent.text === '1');
    channel.write(Buffer.from('unread\n'));
    rude.socket.destroy();
    await agent.until(() => agent.ends === 1);
    using polite = await Host.connect(path);
    polite.send('2');
    await agent.until(() => agent.text === '12');
    channel.write(Buffer.from('read\n'));
    assert.equal(await polite.line(), 'read');
    assert.deepEqual(agent.fatals, []);
  });

  it('drops what is written for a host that is gone, and tells nobody', async () => {
    agent.releases = false;
    await channel.open(agent);
    const gone = await Host.connect(path);
    gone.send('1');
    await agent.until(() => agent.text === '1');
    gone.socket.destroy();
    await agent.until(() => agent.ends === 1);
    assert.equal(channel.write(Buffer.alloc(1024 * 1024, 'stale')), true);
    channel.release();
    using next = await Host.connect(path);
    next.send('2');
    await agent.until(() => agent.text === '12');
    channel.write(Buffer.from('fresh\n'));
    assert.equal(await next.line(), 'fresh');
  });

  it('holds back a writer while the host does not read, and lets it go on when it does', async () => {
    await channel.open(agent);
    using host = await Host.connect(path);
    host.socket.pause();
    host.send('1');
    await agent.until(() => agent.text === '1');
    const piece = Buffer.alloc(64 * 1024, 'x');
    let pieces = 0;
    do pieces += 1;
    while (channel.write(piece) && pieces < 1000);
    assert.ok(pieces < 1000, 'it never asked to hold back');
    assert.equal(agent.drains, 0);
    host.socket.resume();
    await agent.until(() => agent.drains === 1);
  });

  it('lets a writer go on when the host goes away instead of reading', async () => {
    await channel.open(agent);
    const host = await Host.connect(path);
    host.socket.pause();
    host.send('1');
    await agent.until(() => agent.text === '1');
    while (channel.write(Buffer.alloc(64 * 1024)));
    host.socket.destroy();
    await agent.until(() => agent.drains === 1 && agent.ends === 1);
  });

  it('keeps a hundred clients waiting, and serves each in its turn', async () => {
    await channel.open(agent);
    const hosts = await Promise.all(Array.from({ length: 100 }, () => Host.connect(path)));
    for (const [i, host] of hosts.entries()) {
      host.send(`${i};`);
      await agent.until(() => agent.text.endsWith(`${i};`));
      host.socket.destroy();
      await agent.until(() => agent.ends === i + 1);
    }
  });

  it('reads no more than a little while it is paused', async () => {
    await channel.open(agent);
    using host = await Host.connect(path);
    host.send('x');
    await agent.until(() => agent.text === 'x');
    channel.pause();
    const flood = 16 * 1024 * 1024;
    host.socket.write(Buffer.alloc(flood, 'y'));
    using other = await Host.connect(path);
    // The agent's end has had every chance to read when a later connection has been made and closed again.
    other.socket.end();
    await once(other.socket, 'finish');
    assert.ok(agent.text.length < 1024 * 1024);
    channel.resume();
    await agent.until(() => agent.text.length === flood + 1);
  });
});
