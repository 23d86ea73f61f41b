// Hosts that send too much, read too slowly, or disappear.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { cannotMount, eventually, type FaultyAgent, startFaultyAgent } from './faulty-agent.js';

const MEGABYTE = 1024 * 1024;

async function rawHost(agent: FaultyAgent): Promise<Socket> {
  const socket = connect({ path: agent.socket });
  await once(socket, 'connect');
  return socket;
}

/** Sends a chunk again and again, and waits whenever the agent does not read. */
async function flood(socket: Socket, chunk: Buffer, times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
}

describe('guestd with a faulty host', { skip: cannotMount(), timeout: 600_000 }, () => {
  it('answers one error to 64 MiB without a newline, in bounded memory', async () => {
    await using agent = await startFaultyAgent();
    const socket = await rawHost(agent);
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received = (received + chunk.toString('latin1')).slice(0, MEGABYTE);
    });
    socket.write('{"execute":"guest-ping","arguments":{"x":"');
    await flood(socket, Buffer.alloc(MEGABYTE, 0x61), 64);
    const peak = agent.residentBytes();
    socket.write(Buffer.concat([Buffer.from([0xff]), Buffer.from('{"execute":"guest-ping"}\n')]));
    await eventually(() => received.endsWith('{"return": {}}\n'));
    assert.match(
      received,
      /^\{"error": \{"class": "GenericError", "desc": "JSON token size limit exceeded"\}\}\n/,
    );
    assert.ok(received.length < 1000);
    assert.ok(peak < 300 * MEGABYTE, `${peak} bytes`);
    socket.destroy();
    await agent.assertHealthy();
  });

  it('holds one reply for a host that reads a byte at a time, and serves the next host', async () => {
    await using agent = await startFaultyAgent();
    const path = join(agent.folder, 'file');
    writeFileSync(path, Buffer.alloc(8 * MEGABYTE));
    await using opener = await agent.connect();
    const handle = await opener.ask('guest-file-open', { path });
    await opener.link[Symbol.asyncDispose]();
    const socket = await rawHost(agent);
    socket.pause();
    const before = agent.residentBytes();
    const read = `{"execute":"guest-file-read","arguments":{"handle":${handle},"count":${8 * MEGABYTE}}}`;
    socket.write(`${read}{"execute":"guest-ping"}`.repeat(50));
    let taken = 0;
    while (taken < 100) {
      const byte = socket.read(1) as Buffer | null;
      if (byte === null) await once(socket, 'readable');
      else taken += 1;
    }
    assert.ok(agent.residentBytes() - before < 100 * MEGABYTE);
    socket.destroy();
    await agent.assertHealthy();
  });

  it('survives a host that sends requests and reads no reply', async () => {
    await using agent = await startFaultyAgent();
    const before = agent.residentBytes();
    const socket = await rawHost(agent);
    socket.pause();
    const chunk = Buffer.from('{"execute":"guest-info"}'.repeat(1000));
    // The socket takes no more once the agent stops reading.
    while (socket.writableLength < 4 * MEGABYTE) {
      socket.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(agent.residentBytes() - before < 100 * MEGABYTE);
    socket.destroy();
    await agent.assertHealthy();
  });

  it('survives a hundred hosts that disconnect in the middle of a request', async () => {
    await using agent = await startFaultyAgent();
    const descriptors = agent.descriptors();
    const request = Buffer.from('{"execute":"guest-file-open","arguments":{"path":"/proc/self/comm"}}');
    for (let index = 0; index < 100; index++) {
      const socket = await rawHost(agent);
      socket.write(request.subarray(0, 1 + (index % (request.length - 1))));
      socket.destroy();
      await once(socket, 'close');
    }
    await agent.assertHealthy();
    await eventually(() => agent.descriptors() <= descriptors);
  });

  it('reads a FIFO as fast as it is written, and never waits for its writer', async () => {
    await using agent = await startFaultyAgent();
    await using host = await agent.connect();
    const fifo = join(agent.folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const handle = await host.ask('guest-file-open', { path: fifo });
    const read = async (): Promise<string> => {
      const reply = (await host.ask('guest-file-read', { handle })) as { 'buf-b64': string };
      return Buffer.from(reply['buf-b64'], 'base64').toString();
    };
    assert.equal(await read(), '', 'there is no writer');
    await using writer = await open(fifo, 'w');
    let received = '';
    for (const letter of 'slowly') {
      await writer.write(letter);
      assert.deepEqual(await host.ask('guest-ping'), {});
      await eventually(async () => {
        received += await read().catch(() => '');
        return received.endsWith(letter);
      });
    }
    assert.equal(received, 'slowly');
    await host.ask('guest-file-close', { handle });
  });
});
