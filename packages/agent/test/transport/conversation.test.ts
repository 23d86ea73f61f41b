// What a host sees of an agent must not depend on the channel, nor on how the bytes were cut on their way.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Agent, createAgent } from '../../src/agent.js';
import { virtioSerial } from '../../src/transport/device.js';
import { isaSerial } from '../../src/transport/isa-serial.js';
import { listeningTransport } from '../../src/transport/listening.js';
import type { Transport } from '../../src/transport/transport.js';
import { unixListen } from '../../src/transport/unix-listen.js';
import { Host } from '../support/host.js';
import { listeningDescriptor } from '../support/listening-descriptor.js';
import { Pty } from '../support/pty.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

/** A host on whatever channel. */
interface AnyHost extends Disposable {
  send(text: string): void;
  line(): Promise<string>;
}

interface Kind {
  readonly name: string;
  make(path: string): Transport;
  /** A host that arrives, the one before having left. */
  meet(path: string): Promise<AnyHost>;
}

async function viaTerminal(path: string): Promise<AnyHost> {
  const host = new Pty();
  host.linkAt(path);
  return host;
}

const kinds: readonly Kind[] = [
  { name: 'unix-listen', make: (path) => unixListen(path), meet: (path) => Host.connect(path) },
  {
    name: 'a listening descriptor',
    make: (path) => listeningTransport(path, () => listeningDescriptor(path)),
    meet: (path) => Host.connect(path),
  },
  { name: 'virtio-serial', make: virtioSerial, meet: viaTerminal },
  { name: 'isa-serial', make: isaSerial, meet: viaTerminal },
];

const REQUEST = '{"execute":"guest-sync","arguments":{"id":7}}\n';
const REPLY = '{"return": 7}';

for (const { name, make, meet } of kinds) {
  describe(`a conversation over ${name}`, () => {
    const device = meet === viaTerminal;
    let folder: TemporaryFolder;
    let path: string;
    let agent: Agent;
    let host: AnyHost;

    beforeEach(async () => {
      folder = temporaryFolder();
      path = folder.file('transport');
      // A device is there before the agent, a socket after it.
      const terminal = device ? await meet(path) : undefined;
      agent = await createAgent({ transport: make(path), statedir: folder.path });
      await agent.start();
      host = terminal ?? (await meet(path));
    });

    afterEach(async () => {
      host[Symbol.dispose]();
      await agent.stop();
      folder[Symbol.dispose]();
    });

    /** Lets the agent see what has been sent so far by itself. */
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

    it('has the same answer when the request comes whole, byte by byte, or cut in two anywhere', async () => {
      host.send(REQUEST);
      assert.equal(await host.line(), REPLY);
      for (const byte of REQUEST) {
        host.send(byte);
        await turn();
      }
      assert.equal(await host.line(), REPLY);
      for (let cut = 1; cut < REQUEST.length; cut += 1) {
        host.send(REQUEST.slice(0, cut));
        await turn();
        host.send(REQUEST.slice(cut));
        assert.equal(await host.line(), REPLY);
      }
    });

    it('serves the next host when one disconnects in the middle of a reply', async () => {
      const size = 4 * 1024 * 1024;
      writeFileSync(folder.file('zeros'), Buffer.alloc(size));
      host.send(
        `{"execute":"guest-file-open","arguments":{"path":"${folder.file('zeros')}"}}` +
          `{"execute":"guest-file-read","arguments":{"handle":1000,"count":${size}}}`,
      );
      assert.equal(await host.line(), '{"return": 1000}');
      host[Symbol.dispose]();
      host = await meet(path);
      // Until a serial line is open again it drops what comes, so the host asks until it is answered.
      const repeat = setInterval(() => host.send(`\xff${REQUEST}`), 200);
      host.send(`\xff${REQUEST}`);
      // The 0xFF may end something that the first host has begun.
      while ((await host.line()) !== REPLY);
      clearInterval(repeat);
    });

    it('brings a long reply whole to a host that takes its time', async () => {
      const size = 512 * 1024;
      writeFileSync(folder.file('zeros'), Buffer.alloc(size));
      host.send(`{"execute":"guest-file-open","arguments":{"path":"${folder.file('zeros')}"}}`);
      assert.equal(await host.line(), '{"return": 1000}');
      if (host instanceof Pty) host.stopReading();
      else if (host instanceof Host) host.socket.pause();
      host.send(`{"execute":"guest-file-read","arguments":{"handle":1000,"count":${size}}}`);
      host.send(REQUEST);
      for (let i = 0; i < 20; i += 1) await turn();
      if (host instanceof Pty) host.startReading();
      else if (host instanceof Host) host.socket.resume();
      const reply = JSON.parse(await host.line()) as { return: { count: number; 'buf-b64': string } };
      assert.equal(reply.return.count, size);
      assert.ok(Buffer.from(reply.return['buf-b64'], 'base64').equals(Buffer.alloc(size)));
      assert.equal(await host.line(), REPLY);
    });
  });
}
