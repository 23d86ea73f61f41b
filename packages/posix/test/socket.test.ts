import assert from 'node:assert/strict';
import { closeSync, readSync, writeSync } from 'node:fs';
import { describe, test } from 'node:test';
import { pipe, setNonBlocking } from '../src/descriptor.js';
import { check, errnoOf } from '../src/errno.js';
import { POLLIN, waitReady } from '../src/poll.js';
import {
  AF_UNIX,
  accept,
  acceptVsock,
  bind,
  connect,
  datagramSender,
  listen,
  peerCredentials,
  recv,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SOCK_DGRAM,
  socket,
  socketOption,
  unixAddress,
  vsockAddress,
} from '../src/socket.js';

const ENOTSOCK = 88;

function abstractAddress(name: string): Buffer {
  const address = unixAddress(`@guestwire-posix-${process.pid}-${name}`);
  assert.ok(address);
  return address;
}

describe('a stream socket', () => {
  test('accepts a connection and carries bytes', async () => {
    const address = abstractAddress('stream');
    const server = check(socket(AF_UNIX), 'socket');
    check(bind(server, address), 'bind');
    check(listen(server, 1), 'listen');
    assert.equal(socketOption(server, SO_DOMAIN), AF_UNIX);
    assert.equal(socketOption(server, SO_ACCEPTCONN), 1);
    const client = check(socket(AF_UNIX), 'socket');
    check(connect(client, address), 'connect');
    const { signal } = new AbortController();
    assert.equal(await waitReady(server, POLLIN, signal), POLLIN);
    const accepted = check(accept(server), 'accept');
    writeSync(client, 'x');
    assert.equal(await waitReady(accepted, POLLIN, signal), POLLIN);
    assert.equal(readSync(accepted, Buffer.alloc(8)), 1);
    for (const fd of [server, client, accepted]) closeSync(fd);
  });

  test('has the credentials of the process that has connected it, which other descriptors have not', () => {
    const address = abstractAddress('credentials');
    const server = check(socket(AF_UNIX), 'socket');
    check(bind(server, address), 'bind');
    check(listen(server, 1), 'listen');
    const client = check(socket(AF_UNIX), 'socket');
    check(connect(client, address), 'connect');
    const accepted = check(accept(server), 'accept');
    const { pid, getuid, getgid } = process;
    assert.deepEqual(peerCredentials(accepted), { pid, uid: getuid?.(), gid: getgid?.() });
    const [from, to] = pipe();
    assert.equal(peerCredentials(from), undefined);
    for (const fd of [server, client, accepted, from, to]) closeSync(fd);
  });

  test('returns the negated error number where a call fails', () => {
    const [from, to] = pipe();
    assert.equal(socketOption(from, SO_DOMAIN), -ENOTSOCK);
    assert.throws(
      () => check(accept(to), 'accept'),
      (error) => errnoOf(error) === ENOTSOCK,
    );
    assert.equal(acceptVsock(to).fd, -ENOTSOCK);
    closeSync(from);
    closeSync(to);
  });
});

describe('waitReady', () => {
  test('returns 0 when the signal fires, and the descriptor can be closed', async () => {
    const [from, to] = pipe();
    assert.equal(await waitReady(from, POLLIN, AbortSignal.timeout(20)), 0);
    closeSync(from);
    closeSync(to);
  });

  test('waits for several descriptors at the same time', async () => {
    const pipes = Array.from({ length: 20 }, () => pipe());
    const { signal } = new AbortController();
    const waits = pipes.map(([from]) => waitReady(from, POLLIN, signal));
    for (const [, to] of pipes) writeSync(to, 'x');
    assert.deepEqual(
      await Promise.all(waits),
      pipes.map(() => POLLIN),
    );
    for (const fd of pipes.flat()) closeSync(fd);
  });
});

describe('datagramSender', () => {
  test('sends to a socket that has been bound later, and reports a full one', () => {
    const name = `@guestwire-posix-${process.pid}-datagram`;
    const sender = datagramSender(name);
    assert.ok(sender);
    assert.equal(sender.send(Buffer.from('1')), 'lost');
    const receiver = check(socket(AF_UNIX, SOCK_DGRAM), 'socket');
    check(bind(receiver, abstractAddress('datagram')), 'bind');
    assert.equal(sender.send(Buffer.from('22')), 'sent');
    const bytes = Buffer.alloc(8);
    assert.equal(check(recv(receiver, bytes), 'recv'), 2);
    let result = sender.send(bytes);
    while (result === 'sent') result = sender.send(bytes);
    assert.equal(result, 'full');
    closeSync(receiver);
    sender[Symbol.dispose]();
  });

  test('returns undefined for a path that is no address', () => {
    for (const path of ['', 'relative', `/${'x'.repeat(107)}`, `@${'x'.repeat(108)}`, '/nul\0']) {
      assert.equal(datagramSender(path), undefined, path);
    }
  });
});

describe('vsockAddress', () => {
  test('returns a struct sockaddr_vm', () => {
    const bytes = Buffer.from(vsockAddress(3, 1234));
    assert.equal(bytes.length, 16);
    assert.equal(bytes.readUInt32LE(4), 1234);
    assert.equal(bytes.readUInt32LE(8), 3);
  });
});

describe('setNonBlocking', () => {
  test('makes a read fail instead of waiting', () => {
    const [from, to] = pipe();
    assert.equal(setNonBlocking(from), 0);
    assert.throws(() => readSync(from, Buffer.alloc(1)), { code: 'EAGAIN' });
    closeSync(from);
    closeSync(to);
  });
});
