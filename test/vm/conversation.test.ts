// Hosts that connect to guestd in a real guest over a virtio-serial port, and disconnect.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { openLink } from '../compat/link.js';
import { type Conversation, PATIENCE } from './lab/conversation.js';
import { guestdImage } from './lab/guest-image.js';
import { describeGuest } from './lab/suite.js';

const newline = Buffer.from('\n');
function line(request: object): Buffer {
  return Buffer.from(`${JSON.stringify(request)}\n`);
}

/** Opens a file of at least this size, and requests all of it. */
async function askForMuch(host: Conversation, size: number): Promise<void> {
  const handle = await host.ask('guest-file-open', { path: '/dev/zero' });
  host.link.send(line({ execute: 'guest-file-read', arguments: { handle, count: size } }));
}

describeGuest(
  'guestd in a real guest: hosts',
  () => ({ image: guestdImage() }),
  (see) => {
    see('answers a host over virtio-serial', (guest) =>
      guest.withHost(async (host) => {
        assert.deepEqual(await host.ask('guest-ping'), {});
        assert.equal(await host.ask('guest-sync', { id: 7 }), 7);
      }),
    );

    see('keeps a file as the host wrote it', (guest) =>
      guest.withHost(async (host) => {
        const bytes = randomBytes(1_500_000);
        const handle = await host.ask('guest-file-open', { path: '/root/copy', mode: 'w+' });
        const written = await host.ask('guest-file-write', { handle, 'buf-b64': bytes.toString('base64') });
        assert.deepEqual(written, { count: bytes.length, eof: false });
        await host.ask('guest-file-seek', { handle, offset: 0, whence: 'set' });
        const read = (await host.ask('guest-file-read', { handle, count: 2_000_000 })) as {
          'buf-b64': string;
        };
        assert.ok(Buffer.from(read['buf-b64'], 'base64').equals(bytes));
        await host.ask('guest-file-close', { handle });
        assert.equal(await guest.shell('stat -c "%s %a" /root/copy'), '1500000 666\n');
      }),
    );

    see('continues half a request after the host has reconnected', async (guest) => {
      await guest.withHost(async (host) => host.link.send(Buffer.from('{"execute":"guest-')));
      await using link = await openLink(guest.machine.agentSocket, PATIENCE);
      link.send(Buffer.from('ping","id":"half"}\n'));
      assert.match((await link.until(newline)).toString(), /"id": "half"/);
    });

    see('serves the next host after one that disconnected in the middle of a reply', async (guest) => {
      await guest.withHost(async (host) => {
        await askForMuch(host, 4_000_000);
        await host.link.until(Buffer.from('"buf-b64"'));
      });
      await guest.withHost(async (host) => assert.deepEqual(await host.ask('guest-ping'), {}));
    });

    see('serves each of ten hosts that connect one after the other and only synchronize', async (guest) => {
      for (let count = 1; count <= 10; count++) await guest.withHost(async () => {});
    });

    see('serves a waiting second host as soon as the first has disconnected', async (guest) => {
      await using second = await guest.withHost(async (first) => {
        // QEMU accepts one at a time; requests of this one stay in its socket until then.
        const waiting = await openLink(guest.machine.agentSocket, PATIENCE);
        waiting.send(line({ execute: 'guest-ping', id: 'second' }));
        assert.deepEqual(await first.ask('guest-ping'), {});
        return waiting;
      });
      assert.match((await second.until(newline)).toString(), /"id": "second"/);
    });

    see('continues when the machine was stopped in the middle of a request and resumed', (guest, context) =>
      guest.withHost(async (host) => {
        host.link.send(Buffer.from('{"execute":"guest-ping",'));
        await guest.machine.monitor.execute('stop');
        await guest.sees(context, 'STOP');
        host.link.send(Buffer.from('"id":"stopped"}'));
        await guest.machine.monitor.execute('cont');
        await guest.sees(context, 'RESUME');
        assert.match((await host.link.until(newline)).toString(), /"id": "stopped"/);
      }),
    );

    see(
      'sends the rest of a reply when the machine was stopped in the middle of it and continued',
      (guest, context) =>
        guest.withHost(async (host) => {
          await askForMuch(host, 4_000_000);
          await host.link.until(Buffer.from('"buf-b64": "'));
          await guest.machine.monitor.execute('stop');
          await guest.sees(context, 'STOP');
          await guest.machine.monitor.execute('cont');
          const data = (await host.link.until(Buffer.from('"'))).toString();
          assert.equal(Buffer.from(data, 'base64').length, 4_000_000);
          await host.link.until(newline);
        }),
    );

    see(
      'answers ten thousand pipelined requests, each once and in order',
      (guest) =>
        guest.withHost(async ({ link }) => {
          const requests = Array.from({ length: 10_000 }, (_, id) =>
            id % 2 === 0
              ? { request: { execute: 'guest-ping', id }, reply: `{"return": {}, "id": ${id}}` }
              : {
                  request: { execute: 'guest-sync', arguments: { id: id * 3 }, id },
                  reply: `{"return": ${id * 3}, "id": ${id}}`,
                },
          );
          link.send(Buffer.concat(requests.map(({ request }) => line(request))));
          for (const { reply } of requests) assert.equal((await link.until(newline)).toString(), reply);
          // No reply follows the last one.
          link.send(line({ execute: 'guest-ping', id: 'end' }));
          assert.equal((await link.until(newline)).toString(), '{"return": {}, "id": "end"}');
        }),
      { patience: 300_000 },
    );

    see(
      'carries a hundred megabytes in both directions with the same checksum',
      (guest, context) =>
        guest.withHost(async (host) => {
          const size = 100_000_000;
          const piece = 4_000_000;
          const bytes = randomBytes(size);
          const sum = createHash('sha256').update(bytes).digest('hex');

          let started = performance.now();
          const rate = (): string => `${(size / 1e3 / (performance.now() - started)).toFixed(1)} MB/s`;
          const handle = await host.ask('guest-file-open', { path: '/root/hundred', mode: 'w+' });
          for (let at = 0; at < size; at += piece) {
            const data = bytes.subarray(at, at + piece).toString('base64');
            const { count } = (await host.ask('guest-file-write', { handle, 'buf-b64': data })) as {
              count: number;
            };
            assert.equal(count, piece);
          }
          await host.ask('guest-file-flush', { handle });
          const up = rate();
          assert.equal(await guest.shell('sha256sum < /root/hundred'), `${sum}  -\n`);

          started = performance.now();
          await host.ask('guest-file-seek', { handle, offset: 0, whence: 'set' });
          const received = createHash('sha256');
          for (let eof = false; !eof; ) {
            const read = (await host.ask('guest-file-read', { handle, count: piece })) as {
              'buf-b64': string;
              eof: boolean;
            };
            received.update(Buffer.from(read['buf-b64'], 'base64'));
            eof = read.eof;
          }
          context.diagnostic(`up at ${up}, down at ${rate()}`);
          assert.equal(received.digest('hex'), sum);
          await host.ask('guest-file-close', { handle });
          await guest.shell('rm /root/hundred');
        }),
      { patience: 400_000 },
    );

    const kept = 'keeps the same host connection after the agent was';
    const restarts = {
      restarted: 'systemctl restart guestd',
      killed: 'systemctl kill --signal=KILL guestd',
    } as const;
    for (const [what, command] of Object.entries(restarts)) {
      see(`${kept} ${what}`, (guest) =>
        guest.withHost(async (host) => {
          const pid = 'systemctl show --property MainPID guestd';
          const before = await guest.shell(pid);
          await guest.shell(command);
          await host.synchronize();
          assert.deepEqual(await host.ask('guest-ping'), {});
          assert.notEqual(await guest.shell(pid), before);
        }),
      );
    }

    see('replies after a restart to requests that were sent while no agent was running', (guest) =>
      guest.withHost(async (host) => {
        await guest.shell('systemctl stop guestd');
        host.link.send(line({ execute: 'guest-ping', id: 'early' }));
        await guest.shell('systemctl start guestd');
        assert.match((await host.link.until(newline)).toString(), /"id": "early"/);
      }),
    );
  },
);
