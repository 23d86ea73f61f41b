// guestd in a real guest on the channels other than its own virtio-serial port: each with a second agent.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { clientDisk } from './client-disk.js';
import type { Guest } from './lab/guest.js';
import { guestdImage } from './lab/guest-image.js';
import { describeGuest } from './lab/suite.js';

/** Starts a second agent, under systemd, with a separate state folder. */
function startAgent(guest: Guest, name: string, options: string): Promise<string> {
  return guest.shell(
    `systemd-run --quiet --unit ${name} -p RuntimeDirectory=${name} /usr/sbin/guestd -v -t /run/${name} ${options}`,
  );
}

/** Perl expressions for socket addresses, with their families. */
function vsock(cid: number, port: number): string {
  return `40, pack("SSLLx4", 40, 0, ${port}, ${cid})`;
}
function unix(path: string): string {
  return `1, pack_sockaddr_un("${path}")`;
}

/** A client in Perl: `$s` is connected to the address when `rest` runs. */
function client(address: string, rest: string): string {
  return `my ($family, $address) = (${address});
    my $s;
    for (1 .. 100) { # The agent may still be starting.
      socket($s, $family, SOCK_STREAM, 0) or die "socket: $!";
      last if connect($s, $address);
      die "connect: $!" if $_ == 100;
      select(undef, undef, undef, 0.1);
    }
    ${rest}`;
}

/** Returns the replies of an agent to a client inside the guest: one line for each request. Sends all requests at once. */
async function ask(guest: Guest, address: string, requests: readonly object[]): Promise<unknown[]> {
  const program = client(address, 'syswrite $s, $ARGV[0]; print scalar <$s> for 1 .. $ARGV[1];');
  const lines = requests.map((request) => JSON.stringify(request)).join('');
  const text = await guest.shell(`perl -MSocket -e '${program}' '${lines}' ${requests.length}`);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** Returns all that an agent sends to a client of a user inside the guest until it closes the connection. */
function rejection(guest: Guest, address: string, user: number): Promise<string> {
  const program = client(address, '$SIG{PIPE} = "IGNORE"; syswrite $s, $ARGV[0]; print <$s>;');
  const identity = `--reuid ${user} --regid ${user} --clear-groups`;
  return guest.shell(`setpriv ${identity} perl -MSocket -e '${program}' '${JSON.stringify(ping(1))}'`);
}

function ping(id: number): object {
  return { execute: 'guest-ping', id };
}
function pong(id: number): object {
  return { return: {}, id };
}

/** Waits for a message in an agent's log. */
function says(guest: Guest, unit: string, text: string): Promise<string> {
  return guest.shell(`until journalctl --unit ${unit} --no-pager | grep -q '${text}'; do sleep 0.2; done`);
}

/** Writes units for this start of the guest. */
function units(guest: Guest, files: Readonly<Record<string, string>>): Promise<string> {
  return guest.shell(
    `${Object.entries(files)
      .map(([name, text]) => `printf '${text.replaceAll('\n', '\\n')}' > /run/systemd/system/${name}`)
      .join('\n')}\nsystemctl daemon-reload`,
  );
}

describeGuest(
  'guestd in a real guest: channels',
  () => ({ image: guestdImage(), disks: [clientDisk] }),
  (see) => {
    see('answers a host over a serial line', async (guest) => {
      await startAgent(guest, 'serial', '-m isa-serial -p /dev/ttyS1');
      await guest.withHost(async (host) => {
        assert.deepEqual(await host.ask('guest-ping'), {});
        assert.equal(await host.ask('guest-sync', { id: 7 }), 7);
      }, guest.machine.serialSocket);
    });

    see('transfers every byte over a serial line unchanged', (guest) =>
      guest.withHost(async (host) => {
        const bytes = randomBytes(100_000);
        const handle = await host.ask('guest-file-open', { path: '/root/serial', mode: 'w+' });
        const data = { handle, 'buf-b64': bytes.toString('base64') };
        assert.deepEqual(await host.ask('guest-file-write', data), { count: bytes.length, eof: false });
        await host.ask('guest-file-seek', { handle, offset: 0, whence: 'set' });
        const read = (await host.ask('guest-file-read', { handle, count: 200_000 })) as { 'buf-b64': string };
        assert.ok(Buffer.from(read['buf-b64'], 'base64').equals(bytes));
        await host.ask('guest-file-close', { handle });
      }, guest.machine.serialSocket),
    );

    see(
      'answers the next host over a serial line after one that left in the middle of a request',
      async (guest) => {
        const { serialSocket } = guest.machine;
        await guest.withHost(async (host) => host.link.send(Buffer.from('{"execute":"guest-')), serialSocket);
        await guest.withHost(
          async (host) => assert.deepEqual(await host.ask('guest-ping'), {}),
          serialSocket,
        );
      },
    );

    see('answers the same host over a serial line after it was restarted', (guest) =>
      guest.withHost(async (host) => {
        await guest.shell('systemctl restart serial');
        await host.synchronize();
        assert.deepEqual(await host.ask('guest-ping'), {});
      }, guest.machine.serialSocket),
    );

    see(
      'waits with --retry-path for a port that is plugged in later, and for the same port again',
      async (guest) => {
        const port = 'org.guestwire.later.0';
        await startAgent(guest, 'later', `--retry-path -p /dev/virtio-ports/${port}`);
        await says(guest, 'later', 'waiting for channel path');
        for (let time = 1; time <= 2; time++) {
          const socket = await guest.machine.plug(port);
          await guest.withHost(async (host) => assert.deepEqual(await host.ask('guest-ping'), {}), socket);
          await guest.machine.unplug(port);
        }
        assert.equal(await guest.shell('systemctl show --property NRestarts later'), 'NRestarts=0\n');
      },
    );

    see('answers clients over vsock, one after the other', async (guest) => {
      await guest.shell('modprobe vsock_loopback');
      await startAgent(guest, 'vsock', '-m vsock-listen -p 1:1024 --vsock-peers 1');
      for (const id of [1, 2, 3]) {
        assert.deepEqual(await ask(guest, vsock(1, 1024), [ping(id), ping(-id)]), [pong(id), pong(-id)]);
      }
    });

    see('refuses local users who connect over vsock, root too, and logs them', async (guest) => {
      await startAgent(guest, 'host-only', '-m vsock-listen -p 4294967295:1027');
      for (const user of [65534, 0]) assert.equal(await rejection(guest, vsock(1, 1027), user), '');
      await says(guest, 'host-only', 'error: refused a connection from vsock context id 1, port');
    });

    see('serves the client over vsock, with whole files and many calls', async (guest) => {
      await guest.shell('mount -r /dev/vdb /mnt');
      assert.deepEqual(JSON.parse(await guest.shell('/mnt/node /mnt/client.mjs 1024 1026')), {
        ids: Array.from({ length: 20 }, (_, id) => id),
        written: true,
        read: true,
        refused:
          'cannot open vsock:1:1026: connection refused; does an agent in the guest listen on this port (--method vsock-listen)?',
      });
    });

    see('is started by systemd when a client connects to a unix socket', async (guest) => {
      await units(guest, {
        'by-unix.socket': '[Socket]\nListenStream=/run/by-unix.sock\n',
        'by-unix.service':
          '[Service]\nRuntimeDirectory=by-unix\nExecStart=/usr/sbin/guestd -t /run/by-unix\n',
      });
      await guest.shell('systemctl start by-unix.socket');
      assert.equal(await guest.shell('systemctl is-active by-unix.service || true'), 'inactive\n');
      for (const id of [1, 2])
        assert.deepEqual(await ask(guest, unix('/run/by-unix.sock'), [ping(id)]), [pong(id)]);
    });

    see('refuses other users of a socket of systemd that everybody may open', async (guest) => {
      assert.equal(await guest.shell('stat -c %a /run/by-unix.sock'), '666\n');
      assert.equal(await rejection(guest, unix('/run/by-unix.sock'), 65534), '');
      await says(guest, 'by-unix.service', 'error: refused a connection from user 65534');
    });

    see('is started by systemd when a client connects over vsock', async (guest) => {
      await units(guest, {
        'by-vsock.socket': '[Socket]\nListenStream=vsock:1:1025\n',
        'by-vsock.service':
          '[Service]\nRuntimeDirectory=by-vsock\nExecStart=/usr/sbin/guestd --vsock-peers=1 -t /run/by-vsock\n',
      });
      await guest.shell('systemctl start by-vsock.socket');
      for (const id of [1, 2]) assert.deepEqual(await ask(guest, vsock(1, 1025), [ping(id)]), [pong(id)]);
    });
  },
);
