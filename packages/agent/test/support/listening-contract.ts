import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { HostStream, Transport } from '../../src/transport/transport.js';
import { Host } from './host.js';
import { Recorder } from './recorder.js';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.js';

/**
 * Runs the tests of every transport that listens for hosts.
 *
 * @param make makes the transport, whose hosts connect to the unix socket of this path
 */
export function listensForHosts(name: string, make: (path: string) => Transport): void {
  describe(name, () => {
    let folder: TemporaryFolder;
    let path: string;
    let transport: Transport;
    let agent: Recorder;

    beforeEach(() => {
      folder = temporaryFolder();
      path = folder.file('ga.sock');
      transport = make(path);
      agent = new Recorder(transport);
    });

    afterEach(async () => {
      await transport.close();
      folder[Symbol.dispose]();
    });

    /** Lets the next waiting host in beside the current one. */
    const nextBeside = () =>
      new Promise<{ stream: HostStream; recorder: Recorder }>((resolve) => {
        transport.serveWaiting?.((stream) => {
          const recorder = new Recorder(stream);
          resolve({ stream, recorder });
          return recorder;
        });
      });

    it('carries bytes in both directions', async () => {
      await transport.open(agent);
      using host = await Host.connect(path);
      host.send('question');
      await agent.until(() => agent.text === 'question');
      transport.write(Buffer.from('answer\n'));
      assert.equal(await host.line(), 'answer');
    });

    it('serves one host at a time, in the order of their arrival', async () => {
      agent.releases = false;
      await transport.open(agent);
      using first = await Host.connect(path);
      using second = await Host.connect(path);
      second.send('2');
      using third = await Host.connect(path);
      third.send('3');
      first.send('1');
      await agent.until(() => agent.text === '1');
      transport.write(Buffer.from('for the first\n'));
      assert.equal(await first.line(), 'for the first');

      first.socket.end();
      await agent.until(() => agent.ends === 1);
      assert.equal(agent.text, '1');
      transport.release();
      await agent.until(() => agent.text === '12');
      transport.write(Buffer.from('for the second\n'));
      assert.equal(await second.line(), 'for the second');

      second.socket.destroy();
      await agent.until(() => agent.ends === 2);
      transport.release();
      await agent.until(() => agent.text === '123');
      assert.equal(first.received + second.received + third.received, '');
      assert.deepEqual(
        agent.peers.map((peer) => peer.kind),
        ['unix', 'unix', 'unix'],
      );
    });

    it('delivers replies to a host that has closed its own side', async () => {
      agent.releases = false;
      await transport.open(agent);
      using host = await Host.connect(path);
      host.socket.end('question');
      await agent.until(() => agent.ends === 1);
      transport.write(Buffer.from('answer\n'));
      transport.release();
      assert.equal(await host.rest(), 'answer\n');
    });

    it('sends all output to a host before the next one is served', async () => {
      agent.releases = false;
      await transport.open(agent);
      using first = await Host.connect(path);
      first.socket.pause();
      first.socket.end('1');
      using second = await Host.connect(path);
      second.send('2');
      await agent.until(() => agent.ends === 1);
      const answer = 'x'.repeat(4 * 1024 * 1024);
      transport.write(Buffer.from(answer));
      transport.release();
      assert.equal(agent.text, '1');
      first.socket.resume();
      assert.equal((await first.rest()).length, answer.length);
      await agent.until(() => agent.text === '12');
    });

    it('continues to listen when a host resets the connection with a reply unread', async () => {
      await transport.open(agent);
      const rude = await Host.connect(path);
      rude.socket.pause();
      rude.send('1');
      await agent.until(() => agent.text === '1');
      transport.write(Buffer.from('unread\n'));
      rude.socket.destroy();
      await agent.until(() => agent.ends === 1);
      using polite = await Host.connect(path);
      polite.send('2');
      await agent.until(() => agent.text === '12');
      transport.write(Buffer.from('read\n'));
      assert.equal(await polite.line(), 'read');
      assert.deepEqual(agent.fatals, []);
    });

    it('drops output for a host that is gone, without an error', async () => {
      agent.releases = false;
      await transport.open(agent);
      const gone = await Host.connect(path);
      gone.send('1');
      await agent.until(() => agent.text === '1');
      gone.socket.destroy();
      await agent.until(() => agent.ends === 1);
      assert.equal(transport.write(Buffer.alloc(1024 * 1024, 'stale')), true);
      transport.release();
      using next = await Host.connect(path);
      next.send('2');
      await agent.until(() => agent.text === '12');
      transport.write(Buffer.from('fresh\n'));
      assert.equal(await next.line(), 'fresh');
    });

    it('blocks a writer while the host does not read, and calls drain when it does', async () => {
      await transport.open(agent);
      using host = await Host.connect(path);
      host.socket.pause();
      host.send('1');
      await agent.until(() => agent.text === '1');
      const piece = Buffer.alloc(64 * 1024, 'x');
      let pieces = 0;
      do pieces += 1;
      while (transport.write(piece) && pieces < 1000);
      assert.ok(pieces < 1000, 'it never asked to hold back');
      assert.equal(agent.drains, 0);
      host.socket.resume();
      await agent.until(() => agent.drains === 1);
    });

    it('calls drain when the host disconnects instead of reading', async () => {
      await transport.open(agent);
      const host = await Host.connect(path);
      host.socket.pause();
      host.send('1');
      await agent.until(() => agent.text === '1');
      while (transport.write(Buffer.alloc(64 * 1024)));
      host.socket.destroy();
      await agent.until(() => agent.drains === 1 && agent.ends === 1);
    });

    it('serves a waiting host beside the current one while that is allowed, until it disconnects', async () => {
      await transport.open(agent);
      using first = await Host.connect(path);
      first.send('1');
      await agent.until(() => agent.text === '1');
      using second = await Host.connect(path);
      second.send('2');
      const { stream, recorder } = await nextBeside();
      await recorder.until(() => recorder.text === '2');
      stream.write(Buffer.from('for the second\n'));
      transport.write(Buffer.from('for the first\n'));
      assert.deepEqual(await Promise.all([first.line(), second.line()]), ['for the first', 'for the second']);
      assert.equal(recorder.peers.length, 1);

      transport.serveWaiting?.(undefined);
      using third = await Host.connect(path);
      third.send('3');
      second.send('2');
      await recorder.until(() => recorder.text === '22');
      second.socket.end();
      assert.equal(await second.rest(), '');
      assert.deepEqual([recorder.ends, agent.text], [1, '1']);
      first.socket.end();
      await agent.until(() => agent.text === '13');
    });

    it('serves at most eight hosts beside the current one, and the next when one disconnects', async () => {
      await transport.open(agent);
      using first = await Host.connect(path);
      first.send('1');
      await agent.until(() => agent.text === '1');
      const recorders: Recorder[] = [];
      transport.serveWaiting?.((stream) => {
        const recorder = new Recorder(stream);
        recorders.push(recorder);
        return recorder;
      });
      const hosts: Host[] = [];
      for (let count = 0; count < 9; count += 1) hosts.push(await Host.connect(path));
      for (const host of hosts) host.send('x');
      while (recorders.length < 8) await setImmediate();
      for (const recorder of recorders) await recorder.until(() => recorder.text === 'x');
      assert.equal(recorders.length, 8);
      hosts[0]?.socket.end();
      while (recorders.length < 9) await setImmediate();
      const last = recorders[8];
      assert.ok(last);
      await last.until(() => last.text === 'x');
      for (const host of hosts) host[Symbol.dispose]();
    });

    it('closes the connections of all hosts when it is closed', async () => {
      await transport.open(agent);
      using first = await Host.connect(path);
      first.send('1');
      await agent.until(() => agent.text === '1');
      using second = await Host.connect(path);
      await nextBeside();
      transport.serveWaiting?.(undefined);
      using third = await Host.connect(path);
      // By the end of the stream, or by a reset.
      const closed = [first, second, third].map(
        ({ socket }) => new Promise((resolve) => socket.once('end', resolve).once('close', resolve)),
      );
      await transport.close();
      await Promise.all(closed);
      assert.deepEqual([agent.ends, agent.fatals], [0, []]);
    });

    it('reads at most a little while it is paused', async () => {
      await transport.open(agent);
      using host = await Host.connect(path);
      host.send('x');
      await agent.until(() => agent.text === 'x');
      transport.pause();
      const flood = 16 * 1024 * 1024;
      host.socket.write(Buffer.alloc(flood, 'y'));
      using other = await Host.connect(path);
      // The agent's end has had every chance to read when a later connection has been made and closed again.
      other.socket.end();
      await once(other.socket, 'finish');
      assert.ok(agent.text.length < 1024 * 1024);
      transport.resume();
      await agent.until(() => agent.text.length === flood + 1);
    });
  });
}
