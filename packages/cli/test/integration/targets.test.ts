import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type FakeAgent, fakeAgent } from '../support/fake-agent.js';
import { guestctl } from '../support/guestctl.js';

/** A home directory with a targets file. */
interface Configuration extends Disposable {
  readonly path: string;
  /** The environment with this home. */
  readonly env: Readonly<Record<string, string>>;
}

function configuration(content: unknown): Configuration {
  const home = mkdtempSync(join(tmpdir(), 'guestctl-home-'));
  const folder = join(home, '.config', 'guestwire');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'targets.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return {
    path,
    env: { HOME: home },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

function withAnswers(): Promise<FakeAgent> {
  return fakeAgent({ 'guest-x': '{"return": 7}' });
}

describe('a target name', () => {
  test('is resolved by the targets file', async () => {
    await using agent = await withAnswers();
    using config = configuration({ vm1: agent.target });
    const { status, out } = await guestctl(['call', 'guest-x', '--to', 'vm1'], config);
    assert.equal(status, 0);
    assert.equal(out, '7\n');
  });

  test('is resolved in XDG_CONFIG_HOME before HOME', async () => {
    await using agent = await withAnswers();
    using config = configuration({ vm1: agent.target });
    using other = configuration({});
    const env = { HOME: other.env['HOME'] ?? '', XDG_CONFIG_HOME: join(config.env['HOME'] ?? '', '.config') };
    assert.equal((await guestctl(['call', 'guest-x', '--to', 'vm1'], { env })).out, '7\n');
  });

  test('is accepted in GUESTCTL_TARGET', async () => {
    await using agent = await withAnswers();
    using config = configuration({ vm1: agent.target });
    const env = { ...config.env, GUESTCTL_TARGET: 'vm1' };
    assert.equal((await guestctl(['call', 'guest-x'], { env })).out, '7\n');
  });

  test('exits with 2 and lists the known names when it is unknown', async () => {
    using config = configuration({ vm1: 'unix:/a', vm2: 'unix:/b' });
    const { status, err } = await guestctl(['ping', '--to', 'vm3'], config);
    assert.equal(status, 2);
    assert.ok(err.startsWith(`guestctl: unknown name "vm3" in ${config.path} (its names: vm1, vm2);`), err);
  });

  test('exits with 2 when there is no targets file', async () => {
    const { status, err } = await guestctl(['ping', '--to', 'vm3'], { env: { HOME: '/proc/nonexistent' } });
    assert.equal(status, 2);
    assert.match(
      err,
      /unknown name "vm3" in \/proc\/nonexistent\/\.config\/guestwire\/targets\.json \(it defines no names\)/,
    );
  });

  for (const [content, reason] of [
    ['{"vm1": ', /not JSON/],
    [[], /expected an object of names/],
    [{ vm1: 7 }, /"vm1": expected a target/],
    [{ vm1: [] }, /"vm1": the group is empty/],
    [{ vm1: [7] }, /"vm1": expected a target/],
    [{ vm1: 'vm2' }, /"vm1": "vm2" is not a target/],
    [{ 'a:b': 'unix:/a' }, /"a:b": a name has/],
    [{ vm1: ['vm1'] }, /the group "vm1" contains itself/],
    [{ vm1: ['vm2'], vm2: ['vm1'] }, /contains itself/],
    [{ vm1: ['vm9'] }, /unknown name "vm9" in the group "vm1"/],
    [{ vm1: 'nonsense:' }, /invalid target/],
  ] as const) {
    test(`exits with 2 and the path of a targets file with ${JSON.stringify(content)}`, async () => {
      using config = configuration(content);
      const { status, err } = await guestctl(['ping', '--to', 'vm1'], config);
      assert.equal(status, 2);
      assert.match(err, reason);
      assert.ok(err.includes(config.path) || err.includes('nonsense:'), err);
    });
  }
});

describe('guestctl targets', () => {
  test('lists the names', async () => {
    using config = configuration({ vm1: 'unix:/run/vm1.sock', all: ['vm1', 'libvirt:vm2'] });
    const { status, out } = await guestctl(['targets'], config);
    assert.equal(status, 0);
    assert.equal(out, 'NAME  TARGET\nvm1   unix:/run/vm1.sock\nall   vm1, libvirt:vm2\n');
    const { out: json } = await guestctl(['targets', '--json'], config);
    assert.deepEqual(JSON.parse(json), {
      file: config.path,
      targets: { vm1: 'unix:/run/vm1.sock', all: ['vm1', 'libvirt:vm2'] },
    });
  });

  test('prints an example when there is no targets file', async () => {
    const { status, out } = await guestctl(['targets'], { env: { HOME: '/proc/nonexistent' } });
    assert.equal(status, 0);
    assert.match(out, /targets\.json defines no names; example: \{"vm1"/);
  });
});

describe('several guests', () => {
  test('print a line each and a summary, and exit with the highest status', async () => {
    await using one = await fakeAgent({ 'guest-x': '{"return": 1}' });
    await using two = await fakeAgent({ 'guest-x': '{"error": {"class": "GenericError", "desc": "no"}}' });
    const args = [
      'call',
      'guest-x',
      '--to',
      one.target,
      '--to',
      two.target,
      '--to',
      'unix:/proc/nonexistent',
    ];
    const { status, out, err } = await guestctl(args);
    assert.equal(status, 3);
    assert.equal(out, `${one.target}: 1\n`);
    const lines = err.trimEnd().split('\n').sort();
    assert.equal(lines.length, 3);
    assert.ok(
      lines.some((line) => line === `guestctl: ${two.target}: guest-x: no`),
      err,
    );
    assert.ok(
      lines.some((line) => line.startsWith('guestctl: cannot open unix:/proc/nonexistent: no such socket;')),
      err,
    );
    assert.match(
      err.trimEnd().split('\n').at(-1) ?? '',
      /^guestctl: 3 guests: 1 done, 2 failed \(unix:.*, unix:.*\)$/,
    );
  });

  test('of a group print one line of JSON each, without duplicates', async () => {
    await using one = await fakeAgent({ 'guest-x': '{"return": {"a": 1}}' });
    using config = configuration({
      vm1: one.target,
      vm2: 'unix:/proc/nonexistent',
      web: ['vm1', 'vm2'],
      all: ['web', 'vm1'],
    });
    const { status, out } = await guestctl(['call', 'guest-x', '--json', '--to', 'all'], config);
    assert.equal(status, 3);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    assert.deepEqual(
      lines.find((line) => JSON.stringify(line).includes('vm1')),
      { target: 'vm1', status: 0, result: { a: 1 } },
    );
    assert.match(
      JSON.stringify(lines.find((line) => JSON.stringify(line).includes('vm2'))),
      /^\{"target":"vm2","status":3,"error":\{"code":"closed","message":"cannot open unix:\/proc\/nonexistent: no such/,
    );
    assert.equal(lines.length, 2);
    assert.equal(one.requests.length, 1);
  });

  test('of a group with one member are labelled', async () => {
    await using one = await withAnswers();
    using config = configuration({ vm1: one.target, all: ['vm1'] });
    const { out } = await guestctl(['call', 'guest-x', '--json', '--to', 'all'], config);
    assert.equal(out, '{"target": "vm1", "status": 0, "result": 7}\n');
  });

  test('print a section each for a text of several lines', async () => {
    await using one = await fakeAgent({
      'guest-get-users': '{"return": [{"user": "a", "login-time": 0.5}]}',
    });
    using config = configuration({ vm1: one.target, all: ['vm1'] });
    const { out } = await guestctl(['users', '--to', 'all'], config);
    assert.match(out, /^== vm1 ==\nUSER .*\na .*\n\n$/);
  });

  test('get no request when one target is invalid', async () => {
    await using one = await withAnswers();
    const { status } = await guestctl(['call', 'guest-x', '--to', one.target, '--to', '/run/x.sock']);
    assert.equal(status, 2);
    assert.deepEqual(one.requests, []);
  });

  test('are processed --parallel at a time', async () => {
    let now = 0;
    let most = 0;
    let arrived = (): void => {};
    const second = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const slow = (): Promise<FakeAgent> =>
      fakeAgent({
        'guest-x': async () => {
          now++;
          most = Math.max(most, now);
          // The first request waits for a second one, so that two run if two may.
          if (now === 1 && most === 1) await second;
          if (now === 2) arrived();
          now--;
          return '{"return": 1}';
        },
      });
    const agents = await Promise.all(Array.from({ length: 6 }, slow));
    try {
      const to = agents.flatMap(({ target }) => ['--to', target]);
      const { status } = await guestctl(['call', 'guest-x', '--parallel', '2', ...to]);
      assert.equal(status, 0);
      assert.equal(most, 2);
    } finally {
      for (const agent of agents) await agent[Symbol.asyncDispose]();
    }
  });

  // The test driver of libvirt has one domain, without an agent.
  const skip =
    spawnSync('virsh', ['--version']).error === undefined
      ? false
      : "asking libvirt's own virsh needs virsh (Debian package libvirt-clients)";
  test('are all running domains of a libvirt connection', { skip }, async () => {
    const { status, out } = await guestctl(['ping', '--json', '--to', 'libvirt+test:///default/*']);
    assert.equal(status, 3);
    assert.match(out, /^\{"target": "test", "status": 3, "error": \{"code": "closed", /);
    const unknown = await guestctl(['ping', '--to', 'libvirt+test:///nonexistent/*']);
    assert.equal(unknown.status, 3);
    assert.match(unknown.err, /^guestctl: libvirt\+test:\/\/\/nonexistent\/\*: /);
  });
});
