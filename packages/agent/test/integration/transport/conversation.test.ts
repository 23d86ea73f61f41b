// The replies of an agent must not depend on the channel or on how the bytes are split.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createAgent } from '../../../src/agent.js';
import type { Agent } from '../../../src/assembled-agent.js';
import { virtioSerial } from '../../../src/transport/device.js';
import { isaSerial } from '../../../src/transport/isa-serial.js';
import { listeningTransport } from '../../../src/transport/listening.js';
import type { Transport } from '../../../src/transport/transport.js';
import { unixListen } from '../../../src/transport/unix-listen.js';
import { Host } from '../../support/host.js';
import { listeningDescriptor } from '../../support/listening-descriptor.js';
import { Pty } from '../../support/pty.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

/** A host on any channel. */
interface AnyHost extends Disposable {
  send(text: string): void;
  line(): Promise<string>;
}

interface Kind {
  readonly name: string;
  make(path: string): Transport;
  /** Connects the next host, after the previous one has disconnected. */
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
    make: (path) => listeningTransport(() => listeningDescriptor(path)),
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
      // A device exists before the agent starts, a socket only afterwards.
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

    /** Gives the agent time to read the bytes sent so far separately. */
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

    it('has the same replies for requests that arrive whole, byte by byte, or split at any byte', async () => {
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
      // A serial line drops input until it is open again, so the host repeats the request until a reply arrives.
      const repeat = setInterval(() => host.send(`\xff${REQUEST}`), 200);
      host.send(`\xff${REQUEST}`);
      // The 0xFF may terminate an incomplete request of the first host.
      while ((await host.line()) !== REPLY);
      clearInterval(repeat);
    });

    it('delivers a long reply completely to a slow host', async () => {
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
