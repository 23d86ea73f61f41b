import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { systemError } from '@guestwire/posix';
import { encodeReply, success } from '@guestwire/protocol';
import { networkModule } from '../../src/commands/network.js';
import { type Message, type RouteNetlink, RTM_GETLINK } from '../../src/guest/network/netlink.js';
import { context } from '../support/command-context.js';
import { collectingLogger } from '../support/logger.js';
import { type NetworkCapture, networkCapture } from '../support/network-capture.js';
import { type StandIns, standIns } from '../support/stand-ins.js';

const EMFILE = 24;

const capture = networkCapture();

/** Answers with what was captured. */
function captured({ links, addresses }: Pick<NetworkCapture, 'links' | 'addresses'>): RouteNetlink {
  return {
    dump: (type) =>
      (type === RTM_GETLINK ? links : addresses).map(
        ([messageType, body]): Message => ({ type: messageType, body: Buffer.from(body, 'hex') }),
      ),
  };
}

/** What a host reads. */
function onTheWire(value: unknown): string {
  return Buffer.concat([...encodeReply(success(value))])
    .toString()
    .trim();
}

function commandsOf(stand: StandIns, netlink: RouteNetlink = captured(capture)) {
  const { handlers } = networkModule({ log: collectingLogger(), root: stand.root }, netlink);
  return {
    interfaces: async () => handlers['guest-network-get-interfaces'](undefined, context),
    routes: async () => handlers['guest-network-get-route'](undefined, context),
  };
}

/** A guest with some of the captured files. */
function guestWith(
  ...files: readonly ('proc/net/dev' | 'proc/net/route' | 'proc/net/ipv6_route')[]
): StandIns {
  const stand = standIns();
  for (const file of files) stand.file(file, capture[file]);
  return stand;
}

function fails(work: Promise<unknown>, message: string) {
  return assert.rejects(work, { name: 'CommandError', message });
}

test('guest-network-get-interfaces replies to the captured network with the bytes of qemu-ga', async () => {
  using stand = guestWith('proc/net/dev');
  assert.equal(onTheWire(await commandsOf(stand).interfaces()), capture.interfaces);
});

test('guest-network-get-route replies to the captured network with the bytes of qemu-ga', async () => {
  using stand = guestWith('proc/net/route', 'proc/net/ipv6_route');
  assert.equal(onTheWire(await commandsOf(stand).routes()), capture.routes);
});

test('guest-network-get-interfaces omits statistics without /proc/net/dev', async () => {
  using stand = standIns();
  const interfaces = await commandsOf(stand).interfaces();
  assert.ok(interfaces.length > 0);
  for (const { statistics } of interfaces) assert.equal(statistics, undefined);
});

test('guest-network-get-interfaces fails if the kernel returns no list', async () => {
  using stand = standIns();
  const netlink: RouteNetlink = {
    dump() {
      throw systemError(EMFILE, 'socket');
    },
  };
  await fails(commandsOf(stand, netlink).interfaces(), 'getifaddrs failed: Too many open files');
});

test('guest-network-get-interfaces lists the interfaces of this machine that Node lists, with the same addresses', async () => {
  const { handlers } = networkModule({ log: collectingLogger(), root: '' });
  const found = new Map(
    (await handlers['guest-network-get-interfaces'](undefined, context)).map((known) => [known.name, known]),
  );
  assert.ok(found.has('lo'));
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const known = found.get(name);
    assert.equal(known?.['hardware-address'], addresses[0]?.mac);
    assert.deepEqual(
      new Set(known?.['ip-addresses']?.map((address) => `${address['ip-address']}/${address.prefix}`)),
      new Set(addresses.map(({ cidr }) => cidr)),
    );
  }
});

test('guest-network-get-route returns the routes of one IP version without the other', async () => {
  using four = guestWith('proc/net/route');
  using six = guestWith('proc/net/ipv6_route');
  const versions = async (stand: StandIns) =>
    new Set((await commandsOf(stand).routes()).map(({ version }) => version));
  assert.deepEqual(await versions(four), new Set([4]));
  assert.deepEqual(await versions(six), new Set([6]));
});

test('guest-network-get-route fails without both lists', async () => {
  using stand = standIns();
  await fails(commandsOf(stand).routes(), 'open("/proc/net/route"): No such file or directory');
});

test('guest-network-get-route returns an empty list for a guest without routes', async () => {
  using stand = standIns();
  stand.file('proc/net/route', 'Iface\tDestination\n');
  stand.file('proc/net/ipv6_route', '');
  assert.deepEqual(await commandsOf(stand).routes(), []);
});

test('guest-network-get-route ignores lines with malformed addresses', async () => {
  using stand = guestWith('proc/net/route');
  const routes = await commandsOf(stand).routes();
  stand.file('proc/net/route', `${capture['proc/net/route']}eth9\t0\t000\t1\t0\t0\t0\t0\t0\t0\t0\n`);
  stand.file('proc/net/ipv6_route', '00 00 00 00 00 00 00 00 00 eth9\n');
  assert.deepEqual(await commandsOf(stand).routes(), routes);
});
