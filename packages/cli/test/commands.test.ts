// What each command asks the guest, and what it shows of the answer.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { failing, returning, withGuest } from './support/with-guest.js';

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

  test('shows sizes as people say them on a terminal', async () => {
    const { status, out } = await withGuest(['fs'], answers, { terminal: true });
    assert.equal(status, 0);
    assert.deepEqual(out.split('\n'), [
      'MOUNT POINT  TYPE      SIZE     USED  USE  DEVICE  DISKS',
      '/            ext4  10.0 GiB  3.0 GiB  30%  vda1    /dev/vda',
      '/a\\u001b[2J  xfs          -        -    -  dm-0    -',
      '',
    ]);
  });

  test('shows them exactly to a program, whole lines whatever their length', async () => {
    const { out } = await withGuest(['fs'], answers, { terminal: false });
    assert.match(out, /^\/ +ext4 +10737418240 +3221225472 +30% +vda1 +\/dev\/vda$/m);
  });

  test('fits into the terminal', async () => {
    const { out } = await withGuest(['fs'], answers, { terminal: 57 });
    for (const line of out.split('\n')) assert.ok(line.length <= 57, line);
    assert.match(out, /…/);
  });

  test('prints the answer as it came with --json', async () => {
    const { out } = await withGuest(['fs', '--json'], {
      'guest-get-fsinfo':
        '{"return": [{"name": "a", "new": 1.0, "type": "x", "mountpoint": "/", "disk": []}]}',
    });
    assert.equal(out, '[{"name": "a", "new": 1.0, "type": "x", "mountpoint": "/", "disk": []}]\n');
  });

  test('fails with 4 when the answer is not as agreed, also with --json', async () => {
    for (const json of [[], ['--json']]) {
      const { status, out } = await withGuest(['fs', ...json], {
        'guest-get-fsinfo': returning([{ name: 1 }]),
      });
      assert.equal(status, 4);
      assert.equal(out, '');
    }
  });
});

test('guestctl disks shows where a disk is plugged in and what a partition lies on', async () => {
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
    'DEVICE     KIND       BUS     PCI           SERIAL  ALIAS  LIES ON',
    '/dev/vda1  partition  -       -             -       -      /dev/vda',
    '/dev/vda   disk       virtio  0000:00:1f.2  r1      root   -',
    '/dev/vdb   disk       virtio  -             -       -      -',
    '',
  ]);
});

test('guestctl net has a line for each address', async () => {
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

test('guestctl routes counts the bits of a mask, and leaves alone one that is none', async () => {
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
    'DESTINATION            THROUGH      INTERFACE  METRIC  IP',
    '0.0.0.0/0              192.0.2.254  eth0          100  4',
    '192.0.2.0/25           -            eth0          100  4',
    '192.0.2.0/255.0.255.0  -            eth0          100  4',
    'fe80::/64              -            eth0           -1  6',
    '',
  ]);
});

describe('guestctl os', () => {
  test('asks for the name and the time zone too', async () => {
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

  test('does without what the agent does not have', async () => {
    const { status, out } = await withGuest(['os', '--json'], {
      'guest-get-osinfo': returning({ id: 'debian' }),
      'guest-get-host-name': failing('The command guest-get-host-name has not been found', 'CommandNotFound'),
      'guest-get-timezone': failing('Command guest-get-timezone has been disabled'),
    });
    assert.equal(status, 0);
    assert.equal(out, '{"id": "debian"}\n');
  });
});

test('guestctl users says since when', async () => {
  const { out } = await withGuest(['users'], {
    'guest-get-users': returning([{ user: 'alice', 'login-time': 86_400.5, domain: 'd' }]),
  });
  assert.equal(out, 'USER   SINCE                        DOMAIN\nalice  1970-01-02 00:00:00.500 UTC  d\n');
  const nobody = await withGuest(['users'], { 'guest-get-users': returning([]) });
  assert.equal(nobody.out, 'nobody is logged in\n');
});

test('guestctl load shows three averages', async () => {
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
    test(`sets it with ${args.join(' ')}, and says so`, async () => {
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
    test(`does not understand ${args.join(' ')}`, async () => {
      const { status, requests } = await withGuest(['time', ...args], answers);
      assert.equal(status, 2);
      assert.deepEqual(requests, []);
    });
  }
});

describe('guestctl cpus', () => {
  const cpu = (id: number, online: boolean) => ({ 'logical-id': id, online, 'can-offline': id > 0 });

  test('lists them in order', async () => {
    const { out } = await withGuest(['cpus'], {
      'guest-get-vcpus': returning([cpu(1, false), cpu(0, true)]),
    });
    assert.equal(out, 'CPU  ON   CAN BE SWITCHED OFF\n  0  yes  no\n  1  no   yes\n');
  });

  test('switches first on, then off, and asks again for those that were not reached', async () => {
    const { status, out, requests } = await withGuest(['cpus', '--disable', '1', '--enable', '2-3'], {
      'guest-set-vcpus': (request) => returning(request.includes('"logical-id": 3') ? 2 : 1),
      'guest-get-vcpus': returning([cpu(0, true), cpu(1, false), cpu(2, true), cpu(3, true)]),
    });
    assert.equal(status, 0);
    assert.equal(out, 'processors 2-3 on; 1 off\n');
    const set = (list: string): string => `{"execute": "guest-set-vcpus", "arguments": {"vcpus": [${list}]}}`;
    assert.deepEqual(requests.slice(0, 2), [
      set(
        '{"logical-id": 2, "online": true}, {"logical-id": 3, "online": true}, {"logical-id": 1, "online": false}',
      ),
      set('{"logical-id": 1, "online": false}'),
    ]);
  });

  test('fails with 1 when the agent says yes and does nothing', async () => {
    const { status, out } = await withGuest(['cpus', '--disable', '1'], {
      'guest-set-vcpus': returning(0),
      'guest-get-vcpus': returning([cpu(1, true)]),
    });
    assert.equal(status, 1);
    assert.equal(out, 'processors not 1 off\n');
  });

  test('is not told the same processor on and off', async () => {
    const { status, requests } = await withGuest(['cpus', '--disable', '1-3', '--enable', '2']);
    assert.equal(status, 2);
    assert.deepEqual(requests, []);
  });
});

describe('guestctl memory', () => {
  const block = (index: number, online: boolean) => ({ 'phys-index': index, online, 'can-offline': true });

  test('puts blocks that are alike on one line', async () => {
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
      'BLOCKS  ON   CAN BE SWITCHED OFF       SIZE',
      '1-3     yes  yes                  384.0 MiB',
      '5       no   yes                  128.0 MiB',
      '',
    ]);
  });

  test('says what came of each that was switched, and fails with 1 if one failed', async () => {
    const { status, out, requests } = await withGuest(['memory', '--offline', '1-3'], {
      'guest-set-memory-blocks': returning([
        { 'phys-index': 1, response: 'success' },
        { 'phys-index': 2, response: 'not-found', 'error-code': 2 },
      ]),
    });
    assert.equal(status, 1);
    assert.equal(out, 'blocks 1 off\nblock 2 not off: not-found\nblock 3 not off: no answer\n');
    assert.equal(requests.length, 1);
  });
});

describe('guestctl trim', () => {
  test('shows what each filesystem gave back; a failure of some is none of all', async () => {
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
      'MOUNT POINT  GIVEN BACK  LEAST RANGE  ERROR',
      '/                  8192         4096  -',
      '/boot                 -            -  trim not supported',
      '',
    ]);
  });

  test('fails with 1 when nothing could be trimmed', async () => {
    const { status } = await withGuest(['trim'], {
      'guest-fstrim': returning({ paths: [{ path: '/', error: 'trim not supported' }] }),
    });
    assert.equal(status, 1);
  });
});

test('guestctl status tells whether filesystems are frozen', async () => {
  const answers = { 'guest-fsfreeze-status': returning('frozen') };
  assert.equal((await withGuest(['status'], answers)).out, 'frozen\n');
  assert.equal((await withGuest(['status', '--json'], answers)).out, '{"status": "frozen"}\n');
});

test('guestctl thaw says how many filesystems were frozen', async () => {
  const thaw = async (filesystems: number): Promise<string> =>
    (await withGuest(['thaw'], { 'guest-fsfreeze-thaw': returning(filesystems) })).out;
  assert.equal(await thaw(0), 'nothing was frozen\n');
  assert.equal(await thaw(1), '1 filesystem thawed\n');
  assert.equal(await thaw(2), '2 filesystems thawed\n');
});

describe('going down', () => {
  for (const [args, request, says] of [
    [['shutdown'], '{"execute": "guest-shutdown", "arguments": {"mode": "powerdown"}}', 'shuts down'],
    [['reboot'], '{"execute": "guest-shutdown", "arguments": {"mode": "reboot"}}', 'reboots'],
    [['halt'], '{"execute": "guest-shutdown", "arguments": {"mode": "halt"}}', 'halts'],
    [['suspend', 'disk'], '{"execute": "guest-suspend-disk"}', 'goes to sleep (disk)'],
    [['suspend', 'ram'], '{"execute": "guest-suspend-ram"}', 'goes to sleep (ram)'],
    [['suspend', 'hybrid'], '{"execute": "guest-suspend-hybrid"}', 'goes to sleep (hybrid)'],
  ] as const) {
    test(`guestctl ${args.join(' ')} says that the guest ${says}`, async () => {
      const { status, out, requests } = await withGuest(args);
      assert.equal(status, 0);
      assert.deepEqual(requests, [request]);
      assert.ok(out.startsWith('unix:/') && out.endsWith(` ${says}\n`), out);
    });
  }

  test('fails with 1 when the agent may not', async () => {
    const { status, out, err } = await withGuest(['shutdown'], {
      'guest-shutdown': failing('Command guest-shutdown has been disabled', 'CommandNotFound'),
    });
    assert.equal(status, 1);
    assert.equal(out, '');
    assert.match(err, /has been disabled/);
  });

  test('guestctl suspend knows three ways', async () => {
    const { status, err, requests } = await withGuest(['suspend', 'tape']);
    assert.equal(status, 2);
    assert.match(err, /"tape" is none of disk, ram, hybrid/);
    assert.deepEqual(requests, []);
  });
});

describe('guestctl passwd', () => {
  const sent = (crypted: boolean): string =>
    `{"execute": "guest-set-user-password", "arguments": {"username": "alice", "password": "c8OpY3JldA==", "crypted": ${crypted}}}`;
  const answers = { 'guest-set-user-password': returning({}) };

  test('asks a person twice, without showing it', async () => {
    const { status, out, err, requests } = await withGuest(['passwd', 'alice'], answers, {
      secrets: ['sécret', 'sécret'],
    });
    assert.equal(status, 0);
    assert.deepEqual(requests, [sent(false)]);
    assert.equal(out, 'the password of alice was set\n');
    assert.equal(err, 'New password of alice: \nAgain: \n');
  });

  test('changes nothing when the two are not the same', async () => {
    const { status, requests } = await withGuest(['passwd', 'alice'], answers, { secrets: ['a', 'b'] });
    assert.equal(status, 2);
    assert.deepEqual(requests, []);
  });

  test('reads it from standard input, without its line feed', async () => {
    const { requests } = await withGuest(['passwd', '--crypted', 'alice'], answers, { input: 'sécret\n' });
    assert.deepEqual(requests, [sent(true)]);
  });

  for (const [what, input] of [
    ['an empty one', '\n'],
    ['one of two lines', 'a\nb\n'],
  ] as const) {
    test(`refuses ${what}`, async () => {
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

  test('list shows them', async () => {
    const { out } = await withGuest(['keys', 'list', 'alice'], answers);
    assert.equal(out, 'ssh-ed25519 AA\nx\\u001b[2J\n');
    assert.equal(
      (await withGuest(['keys', 'list', 'alice', '--json'], answers)).out,
      '{"keys": ["ssh-ed25519 AA", "x\\u001b[2J"]}\n',
    );
  });

  test('add and replace take them from standard input', async () => {
    assert.deepEqual((await withGuest(['keys', 'add', 'alice'], answers, { input: file })).requests, [
      put(false),
    ]);
    assert.deepEqual(
      (await withGuest(['keys', 'replace', 'alice', '-'], answers, { input: file })).requests,
      [put(true)],
    );
  });

  test('remove takes them from a file', async () => {
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

  test('fails with 2 when there is no key', async () => {
    const none = await withGuest(['keys', 'add', 'alice'], answers, { input: '# nothing\n' });
    assert.equal(none.status, 2);
    const noFile = await withGuest(['keys', 'add', 'alice', '/proc/nonexistent'], answers);
    assert.equal(noFile.status, 2);
    assert.match(noFile.err, /^guestctl: \/proc\/nonexistent: ENOENT/);
    assert.deepEqual([...none.requests, ...noFile.requests], []);
  });
});

test('a command that the agent does not have fails with 1', async () => {
  const { status, err } = await withGuest(['load'], {
    'guest-get-load': failing('The command guest-get-load has not been found', 'CommandNotFound'),
    'guest-info': returning({ version: '7.2.22', supported_commands: [] }),
  });
  assert.equal(status, 1);
  assert.match(err, /^guestctl: guest-get-load: /);
});
