// The requests and the output of each command.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { failing, returning, withGuest } from '../support/with-guest.js';

const GiB = 2 ** 30;

const pci = { domain: 0, bus: 0, slot: 31, function: 2 };
const address = {
  'bus-type': 'virtio',
  bus: 0,
  target: 0,
  unit: 0,
  'pci-controller': pci,
  serial: 'r1',
  dev: '/dev/vda',
};

describe('guestctl fs', () => {
  const answers = {
    'guest-get-fsinfo': returning([
      {
        name: 'vda1',
        mountpoint: '/',
        type: 'ext4',
        'used-bytes': 3 * GiB,
        'total-bytes': 10 * GiB,
        disk: [address],
      },
      { name: 'dm-0', mountpoint: '/a\u001b[2J', type: 'xfs', disk: [] },
    ]),
  };

  test('rounds sizes on a terminal', async () => {
    const { status, out } = await withGuest(['fs'], answers, { terminal: true });
    assert.equal(status, 0);
    assert.deepEqual(out.split('\n'), [
      'MOUNT POINT  TYPE      SIZE     USED  USE  DEVICE  DISKS',
      '/            ext4  10.0 GiB  3.0 GiB  30%  vda1    /dev/vda',
      '/a\\u001b[2J  xfs          -        -    -  dm-0    -',
      '',
    ]);
  });

  test('prints exact sizes and uncut lines in a pipe', async () => {
    const { out } = await withGuest(['fs'], answers, { terminal: false });
    assert.match(out, /^\/ +ext4 +10737418240 +3221225472 +30% +vda1 +\/dev\/vda$/m);
  });

  test('fits the table to the terminal', async () => {
    const { out } = await withGuest(['fs'], answers, { terminal: 57 });
    for (const line of out.split('\n')) assert.ok(line.length <= 57, line);
    assert.match(out, /…/);
  });

  test('prints the unchanged return value with --json', async () => {
    const { out } = await withGuest(['fs', '--json'], {
      'guest-get-fsinfo':
        '{"return": [{"name": "a", "new": 1.0, "type": "x", "mountpoint": "/", "disk": []}]}',
    });
    assert.equal(out, '[{"name": "a", "new": 1.0, "type": "x", "mountpoint": "/", "disk": []}]\n');
  });

  test('exits with 4 when the reply does not match the contract, also with --json', async () => {
    for (const json of [[], ['--json']]) {
      const { status, out } = await withGuest(['fs', ...json], {
        'guest-get-fsinfo': returning([{ name: 1 }]),
      });
      assert.equal(status, 4);
      assert.equal(out, '');
    }
  });
});

test('guestctl disks shows the address of a disk and the dependencies of a partition', async () => {
  const { status, out } = await withGuest(['disks'], {
    'guest-get-disks': returning([
      { name: '/dev/vda1', partition: true, dependencies: ['/dev/vda'] },
      { name: '/dev/vda', partition: false, dependencies: [], address, alias: 'root' },
      {
        name: '/dev/vdb',
        partition: false,
        address: { ...address, 'pci-controller': { ...pci, domain: -1 }, serial: undefined },
      },
    ]),
  });
  assert.equal(status, 0);
  assert.deepEqual(out.split('\n'), [
    'DEVICE     TYPE       BUS     PCI           SERIAL  ALIAS  DEPENDS ON',
    '/dev/vda1  partition  -       -             -       -      /dev/vda',
    '/dev/vda   disk       virtio  0000:00:1f.2  r1      root   -',
    '/dev/vdb   disk       virtio  -             -       -      -',
    '',
  ]);
});

test('guestctl net prints a line for each address', async () => {
  const counters = ['rx-packets', 'rx-errs', 'rx-dropped', 'tx-packets', 'tx-errs', 'tx-dropped'];
  const statistics = {
    'rx-bytes': 2048,
    'tx-bytes': 5,
    ...Object.fromEntries(counters.map((name) => [name, 0])),
  };
  const { out } = await withGuest(
    ['net'],
    {
      'guest-network-get-interfaces': returning([
        {
          name: 'eth0',
          'hardware-address': '52:54:00:00:00:01',
          'ip-addresses': [
            { 'ip-address': '192.0.2.1', 'ip-address-type': 'ipv4', prefix: 24 },
            { 'ip-address': 'fe80::1', 'ip-address-type': 'ipv6', prefix: 64 },
          ],
          statistics,
        },
        { name: 'eth1' },
      ]),
    },
    { terminal: true },
  );
  assert.deepEqual(out.split('\n'), [
    'INTERFACE  HARDWARE ADDRESS   ADDRESS       RECEIVED  SENT',
    'eth0       52:54:00:00:00:01  192.0.2.1/24   2.0 KiB   5 B',
    '                              fe80::1/64',
    'eth1       -                  -                    -     -',
    '',
  ]);
});

test('guestctl routes prints the prefix length of a mask, or a non-contiguous mask', async () => {
  const v4 = { iface: 'eth0', metric: 100, version: 4 };
  const { out } = await withGuest(['routes'], {
    'guest-network-get-route': returning([
      { ...v4, destination: '0.0.0.0', gateway: '192.0.2.254', mask: '0.0.0.0' },
      { ...v4, destination: '192.0.2.0', gateway: '0.0.0.0', mask: '255.255.255.128' },
      { ...v4, destination: '192.0.2.0', mask: '255.0.255.0' },
      { iface: 'eth0', metric: -1, version: 6, destination: 'fe80::', desprefixlen: '64', nexthop: '::' },
    ]),
  });
  assert.deepEqual(out.split('\n'), [
    'DESTINATION            GATEWAY      INTERFACE  METRIC  IP',
    '0.0.0.0/0              192.0.2.254  eth0          100  4',
    '192.0.2.0/25           -            eth0          100  4',
    '192.0.2.0/255.0.255.0  -            eth0          100  4',
    'fe80::/64              -            eth0           -1  6',
    '',
  ]);
});

describe('guestctl os', () => {
  test('shows the host name and the time zone', async () => {
    const { out } = await withGuest(['os'], {
      'guest-get-osinfo': returning({
        'pretty-name': 'Debian 13',
        id: 'debian',
        'version-id': '13',
        machine: 'x86_64',
      }),
      'guest-get-host-name': returning({ 'host-name': 'web1' }),
      'guest-get-timezone': returning({ zone: 'JST', offset: 32_400 }),
    });
    assert.deepEqual(out.split('\n'), [
      'Host name  web1',
      'System     Debian 13',
      'Id         debian 13',
      'Machine    x86_64',
      'Time zone  JST, UTC+09:00',
      '',
    ]);
  });

  test('omits what the agent does not have', async () => {
    const { status, out } = await withGuest(['os', '--json'], {
      'guest-get-osinfo': returning({ id: 'debian' }),
      'guest-get-host-name': failing('The command guest-get-host-name has not been found', 'CommandNotFound'),
      'guest-get-timezone': failing('Command guest-get-timezone has been disabled'),
    });
    assert.equal(status, 0);
    assert.equal(out, '{"id": "debian"}\n');
  });
});

test('guestctl users prints the login time', async () => {
  const { out } = await withGuest(['users'], {
    'guest-get-users': returning([{ user: 'alice', 'login-time': 86_400.5, domain: 'd' }]),
  });
  assert.equal(out, 'USER   SINCE                        DOMAIN\nalice  1970-01-02 00:00:00.500 UTC  d\n');
  const nobody = await withGuest(['users'], { 'guest-get-users': returning([]) });
  assert.equal(nobody.out, 'no users are logged in\n');
});

test('guestctl load prints three averages', async () => {
  const answers = { 'guest-get-load': returning({ load1m: 0.5, load5m: 1, load15m: 12.345 }) };
  assert.equal((await withGuest(['load'], answers)).out, '0.50  1.00  12.35  (1, 5, 15 minutes)\n');
});

describe('guestctl time', () => {
  const now = (): number => 1_000_000;
  const answers = {
    'guest-get-time': returning(1_003_200_000_000),
    'guest-set-time': returning({}),
  };

  test("shows the guest's clock beside the host's", async () => {
    const { out, requests } = await withGuest(['time'], answers, { now });
    assert.equal(
      out,
      'Guest       1970-01-01 00:16:43.200 UTC\nDifference  3.2 s ahead of this host (± 0.0 ms)\n',
    );
    assert.equal(requests.length, 1);
    const { out: json } = await withGuest(['time', '--json'], answers, { now });
    assert.deepEqual(JSON.parse(json), {
      time: 1_003_200_000_000,
      differenceMilliseconds: 3200,
      uncertaintyMilliseconds: 0,
    });
  });

  for (const [args, sent] of [
    [['--set', '1970-01-02T00:00:00Z'], '{"time": 86400000000000}'],
    [['--set', '@1.5'], '{"time": 1500000000}'],
    [['--set', '@4102444800'], '{"time": 4102444800000000000}'],
    [['--sync'], '{"time": 1000000000000}'],
    [['--hardware'], '{}'],
  ] as const) {
    test(`sets the clock with ${args.join(' ')}`, async () => {
      const { status, out, requests } = await withGuest(['time', ...args], answers, { now });
      assert.equal(status, 0);
      assert.equal(requests[0], `{"execute": "guest-set-time", "arguments": ${sent}}`);
      assert.match(out, /^The clock was set\nGuest/);
    });
  }

  for (const args of [
    ['--set', 'noon'],
    ['--set', '@-1'],
    ['--set', '@1', '--sync'],
    ['--sync', '--hardware'],
  ]) {
    test(`rejects ${args.join(' ')}`, async () => {
      const { status, requests } = await withGuest(['time', ...args], answers);
      assert.equal(status, 2);
      assert.deepEqual(requests, []);
    });
  }
});

describe('guestctl cpus', () => {
  const cpu = (id: number, online: boolean) => ({ 'logical-id': id, online, 'can-offline': id > 0 });

  test('lists the CPUs in order', async () => {
    const { out } = await withGuest(['cpus'], {
      'guest-get-vcpus': returning([cpu(1, false), cpu(0, true)]),
    });
    assert.equal(out, 'CPU  ONLINE  CAN OFFLINE\n  0  yes     no\n  1  no      yes\n');
  });

  test('sets CPUs online before offline, and repeats the request for the rest', async () => {
    const { status, out, requests } = await withGuest(['cpus', '--disable', '1', '--enable', '2-3'], {
      'guest-set-vcpus': (request) => returning(request.includes('"logical-id": 3') ? 2 : 1),
      'guest-get-vcpus': returning([cpu(0, true), cpu(1, false), cpu(2, true), cpu(3, true)]),
    });
    assert.equal(status, 0);
    assert.equal(out, 'CPUs 2-3 online; 1 offline\n');
    const set = (list: string): string => `{"execute": "guest-set-vcpus", "arguments": {"vcpus": [${list}]}}`;
    assert.deepEqual(requests.slice(0, 2), [
      set(
        '{"logical-id": 2, "online": true}, {"logical-id": 3, "online": true}, {"logical-id": 1, "online": false}',
      ),
      set('{"logical-id": 1, "online": false}'),
    ]);
  });

  test('exits with 1 when the agent changed nothing without an error', async () => {
    const { status, out } = await withGuest(['cpus', '--disable', '1'], {
      'guest-set-vcpus': returning(0),
      'guest-get-vcpus': returning([cpu(1, true)]),
    });
    assert.equal(status, 1);
    assert.equal(out, 'failed to set CPUs 1 offline\n');
  });

  test('rejects the same CPU online and offline', async () => {
    const { status, requests } = await withGuest(['cpus', '--disable', '1-3', '--enable', '2']);
    assert.equal(status, 2);
    assert.deepEqual(requests, []);
  });
});

describe('guestctl memory', () => {
  const block = (index: number, online: boolean) => ({ 'phys-index': index, online, 'can-offline': true });

  test('groups consecutive blocks of the same state', async () => {
    const { out } = await withGuest(
      ['memory'],
      {
        'guest-get-memory-blocks': returning([
          block(3, true),
          block(1, true),
          block(2, true),
          block(5, false),
        ]),
        'guest-get-memory-block-info': returning({ size: 134_217_728 }),
      },
      { terminal: true },
    );
    assert.deepEqual(out.split('\n'), [
      'BLOCKS  ONLINE  CAN OFFLINE       SIZE',
      '1-3     yes     yes          384.0 MiB',
      '5       no      yes          128.0 MiB',
      '',
    ]);
  });

  test('prints the result for each block, and exits with 1 if one failed', async () => {
    const { status, out, requests } = await withGuest(['memory', '--offline', '1-3'], {
      'guest-set-memory-blocks': returning([
        { 'phys-index': 1, response: 'success' },
        { 'phys-index': 2, response: 'not-found', 'error-code': 2 },
      ]),
    });
    assert.equal(status, 1);
    assert.equal(
      out,
      'blocks 1 offline\nfailed to set block 2 offline: not-found\nfailed to set block 3 offline: no response\n',
    );
    assert.equal(requests.length, 1);
  });
});

describe('guestctl trim', () => {
  test('prints the result for each filesystem, and exits with 0 if one succeeded', async () => {
    const { status, out, requests } = await withGuest(['trim', '--minimum', '4096'], {
      'guest-fstrim': returning({
        paths: [
          { path: '/', trimmed: 8192, minimum: 4096 },
          { path: '/boot', error: 'trim not supported' },
        ],
      }),
    });
    assert.equal(status, 0);
    assert.deepEqual(requests, ['{"execute": "guest-fstrim", "arguments": {"minimum": 4096}}']);
    assert.deepEqual(out.split('\n'), [
      'MOUNT POINT  TRIMMED  MINIMUM  ERROR',
      '/               8192     4096  -',
      '/boot              -        -  trim not supported',
      '',
    ]);
  });

  test('exits with 1 when all filesystems failed', async () => {
    const { status } = await withGuest(['trim'], {
      'guest-fstrim': returning({ paths: [{ path: '/', error: 'trim not supported' }] }),
    });
    assert.equal(status, 1);
  });
});

test('guestctl status prints whether filesystems are frozen', async () => {
  const answers = { 'guest-fsfreeze-status': returning('frozen') };
  assert.equal((await withGuest(['status'], answers)).out, 'frozen\n');
  assert.equal((await withGuest(['status', '--json'], answers)).out, '{"status": "frozen"}\n');
});

test('guestctl thaw prints the number of filesystems', async () => {
  const thaw = async (filesystems: number): Promise<string> =>
    (await withGuest(['thaw'], { 'guest-fsfreeze-thaw': returning(filesystems) })).out;
  assert.equal(await thaw(0), 'nothing was frozen\n');
  assert.equal(await thaw(1), '1 filesystem thawed\n');
  assert.equal(await thaw(2), '2 filesystems thawed\n');
});

describe('shutdown and suspend', () => {
  for (const [args, request, says] of [
    [['shutdown'], '{"execute": "guest-shutdown", "arguments": {"mode": "powerdown"}}', 'shutting down'],
    [['reboot'], '{"execute": "guest-shutdown", "arguments": {"mode": "reboot"}}', 'rebooting'],
    [['halt'], '{"execute": "guest-shutdown", "arguments": {"mode": "halt"}}', 'halting'],
    [['suspend', 'disk'], '{"execute": "guest-suspend-disk"}', 'suspending (disk)'],
    [['suspend', 'ram'], '{"execute": "guest-suspend-ram"}', 'suspending (ram)'],
    [['suspend', 'hybrid'], '{"execute": "guest-suspend-hybrid"}', 'suspending (hybrid)'],
  ] as const) {
    test(`guestctl ${args.join(' ')} prints ${says}`, async () => {
      const { status, out, requests } = await withGuest(args);
      assert.equal(status, 0);
      assert.deepEqual(requests, [request]);
      assert.ok(out.startsWith('unix:/') && out.endsWith(` ${says}\n`), out);
    });
  }

  test('exits with 1 when the command is disabled', async () => {
    const { status, out, err } = await withGuest(['shutdown'], {
      'guest-shutdown': failing('Command guest-shutdown has been disabled', 'CommandNotFound'),
    });
    assert.equal(status, 1);
    assert.equal(out, '');
    assert.match(err, /has been disabled/);
  });

  test('guestctl suspend rejects an unknown kind', async () => {
    const { status, err, requests } = await withGuest(['suspend', 'tape']);
    assert.equal(status, 2);
    assert.match(err, /"tape" is not one of disk, ram, hybrid/);
    assert.deepEqual(requests, []);
  });
});

describe('guestctl passwd', () => {
  const sent = (crypted: boolean): string =>
    `{"execute": "guest-set-user-password", "arguments": {"username": "alice", "password": "c8OpY3JldA==", "crypted": ${crypted}}}`;
  const answers = { 'guest-set-user-password': returning({}) };

  test('prompts twice without echo', async () => {
    const { status, out, err, requests } = await withGuest(['passwd', 'alice'], answers, {
      secrets: ['sécret', 'sécret'],
    });
    assert.equal(status, 0);
    assert.deepEqual(requests, [sent(false)]);
    assert.equal(out, 'password of alice set\n');
    assert.equal(err, 'New password of alice: \nAgain: \n');
  });

  test('changes nothing when the passwords do not match', async () => {
    const { status, requests } = await withGuest(['passwd', 'alice'], answers, { secrets: ['a', 'b'] });
    assert.equal(status, 2);
    assert.deepEqual(requests, []);
  });

  test('reads the password from standard input without its line feed', async () => {
    const { requests } = await withGuest(['passwd', '--crypted', 'alice'], answers, { input: 'sécret\n' });
    assert.deepEqual(requests, [sent(true)]);
  });

  for (const [what, input] of [
    ['an empty password', '\n'],
    ['a password of two lines', 'a\nb\n'],
  ] as const) {
    test(`rejects ${what}`, async () => {
      const { status, requests } = await withGuest(['passwd', 'alice'], answers, { input });
      assert.equal(status, 2);
      assert.deepEqual(requests, []);
    });
  }
});

describe('guestctl keys', () => {
  const put = (reset: boolean): string =>
    `{"execute": "guest-ssh-add-authorized-keys", "arguments": {"username": "alice", "keys": ["ssh-ed25519 AA", "ssh-ed25519 BB"], "reset": ${reset}}}`;
  const file = '# mine\nssh-ed25519 AA\n\n  ssh-ed25519 BB\r\n';
  const answers = {
    'guest-ssh-add-authorized-keys': returning({}),
    'guest-ssh-remove-authorized-keys': returning({}),
    'guest-ssh-get-authorized-keys': returning({ keys: ['ssh-ed25519 AA', 'x\u001b[2J'] }),
  };

  test('list prints the keys', async () => {
    const { out } = await withGuest(['keys', 'list', 'alice'], answers);
    assert.equal(out, 'ssh-ed25519 AA\nx\\u001b[2J\n');
    assert.equal(
      (await withGuest(['keys', 'list', 'alice', '--json'], answers)).out,
      '{"keys": ["ssh-ed25519 AA", "x\\u001b[2J"]}\n',
    );
  });

  test('add and replace read the keys from standard input', async () => {
    assert.deepEqual((await withGuest(['keys', 'add', 'alice'], answers, { input: file })).requests, [
      put(false),
    ]);
    assert.deepEqual(
      (await withGuest(['keys', 'replace', 'alice', '-'], answers, { input: file })).requests,
      [put(true)],
    );
  });

  test('remove reads the keys from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
    try {
      const path = join(folder, 'keys');
      writeFileSync(path, file);
      const { status, requests } = await withGuest(['keys', 'remove', 'alice', path], answers);
      assert.equal(status, 0);
      assert.deepEqual(requests, [
        '{"execute": "guest-ssh-remove-authorized-keys", "arguments": {"username": "alice", "keys": ["ssh-ed25519 AA", "ssh-ed25519 BB"]}}',
      ]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('exits with 2 without keys', async () => {
    const none = await withGuest(['keys', 'add', 'alice'], answers, { input: '# nothing\n' });
    assert.equal(none.status, 2);
    const noFile = await withGuest(['keys', 'add', 'alice', '/proc/nonexistent'], answers);
    assert.equal(noFile.status, 2);
    assert.match(noFile.err, /^guestctl: \/proc\/nonexistent: ENOENT/);
    assert.deepEqual([...none.requests, ...noFile.requests], []);
  });
});

test('guestctl exits with 1 when the agent does not have the command', async () => {
  const { status, err } = await withGuest(['load'], {
    'guest-get-load': failing('The command guest-get-load has not been found', 'CommandNotFound'),
    'guest-info': returning({ version: '7.2.22', supported_commands: [] }),
  });
  assert.equal(status, 1);
  assert.match(err, /^guestctl: guest-get-load: /);
});
