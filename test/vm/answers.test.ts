// Both agents in one guest, asked the same: what they answer, and what they leave behind, must be equal.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Conversation, converse, shell } from './lab/conversation.js';
import { boot, type Machine } from './lab/machine.js';
import { whatIsMissing } from './lab/requirements.js';

const missing = whatIsMissing();

/** A test that takes longer than this in milliseconds waits for something that does not come. */
const timeout = 120_000;

/** A record of utmp on x86-64: somebody who is logged in. */
const login = (user: string, seconds: number, microseconds: number): Buffer => {
  const record = Buffer.alloc(384);
  record.writeInt16LE(7, 0);
  record.write('pts/0', 8);
  record.write(user, 44);
  record.writeUInt32LE(seconds, 340);
  record.writeInt32LE(microseconds, 344);
  return record;
};

describe('guestd and the C agent in one guest', { skip: missing ?? false, timeout: 4 * timeout }, () => {
  let machine: Machine;
  let ours: Conversation;
  let reference: Conversation;

  before(async () => {
    machine = await boot();
    reference = await converse(machine.referenceSocket);
    ours = await converse(machine.agentSocket);
  });
  after(async () => {
    await ours?.[Symbol.asyncDispose]();
    await reference?.[Symbol.asyncDispose]();
    await machine?.[Symbol.asyncDispose]();
  });

  const inGuest = (script: string): Promise<string> => shell(reference, script);
  const answerAlike = async (command: string): Promise<unknown> => {
    const answer = await ours.ask(command);
    assert.deepEqual(answer, await reference.ask(command));
    return answer;
  };

  for (const command of [
    'guest-get-host-name',
    'guest-get-osinfo',
    'guest-network-get-interfaces',
    'guest-network-get-route',
  ]) {
    it(`answer ${command} alike`, async () => {
      await answerAlike(command);
    });
  }

  it('know the same users', async () => {
    assert.deepEqual(await answerAlike('guest-get-users'), []);
    const handle = await ours.ask('guest-file-open', { path: '/var/run/utmp', mode: 'w' });
    const records = [
      login('alice', 1_700_000_000, 250_000),
      login('bob', 5, 0),
      login('alice', 4_000_000_000, 0),
    ];
    await ours.ask('guest-file-write', { handle, 'buf-b64': Buffer.concat(records).toString('base64') });
    await ours.ask('guest-file-close', { handle });
    assert.deepEqual(await answerAlike('guest-get-users'), [
      { user: 'alice', 'login-time': 1_700_000_000.25 },
      { user: 'bob', 'login-time': 5 },
    ]);
  });

  it('know the same time zone, also after it has changed', async () => {
    for (const [name, zone] of [
      ['Etc/UTC', 'UTC'],
      ['Asia/Kolkata', 'IST'],
      ['America/Sao_Paulo', '-03'],
    ] as const) {
      await inGuest(`ln -sf /usr/share/zoneinfo/${name} /etc/localtime`);
      assert.equal(((await answerAlike('guest-get-timezone')) as { zone: string }).zone, zone);
    }
    await inGuest('ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime');
  });

  it('know the same load and the same time, within reason', async () => {
    const loads = [await ours.ask('guest-get-load'), await reference.ask('guest-get-load')];
    const [a, b] = loads as Record<string, number>[];
    for (const name of ['load1m', 'load5m', 'load15m']) {
      assert.ok(Math.abs((a?.[name] ?? -9) - (b?.[name] ?? 9)) < 0.5, JSON.stringify(loads));
    }
    const before = Number(await reference.ask('guest-get-time'));
    const time = Number(await ours.ask('guest-get-time'));
    const after = Number(await reference.ask('guest-get-time'));
    assert.ok(before <= time && time <= after, `${before} ${time} ${after}`);
  });

  it('set the time and the hardware clock alike', async () => {
    const script = '#!/bin/sh\\necho "$0 $*" >> /root/hwclock\\n';
    await inGuest('test ! -e /sbin/hwclock');
    const without = await ours.fails('guest-set-time');
    assert.deepEqual(without, await reference.fails('guest-set-time'));
    await inGuest(`printf '${script}' > /sbin/hwclock; chmod 755 /sbin/hwclock`);
    for (const agent of [ours, reference]) {
      const year2040 = 2_208_988_800;
      await agent.ask('guest-set-time', { time: year2040 * 1e9 });
      const seconds = Number(await inGuest('date +%s'));
      assert.ok(seconds >= year2040 && seconds < year2040 + 600, String(seconds));
      await agent.ask('guest-set-time', { time: 1_700_000_000 * 1e9 });
      await agent.ask('guest-set-time');
    }
    const calls = ['-w', '-w', '-s'].map((flag) => `/sbin/hwclock ${flag}\n`).join('');
    assert.equal(await inGuest('cat /root/hwclock'), calls + calls);
    await inGuest('rm /sbin/hwclock');
  });

  describe('with a user for each', () => {
    const pairs = (): readonly (readonly [Conversation, string])[] => [
      [ours, 'alice'],
      [reference, 'bob'],
    ];
    /** What a script prints for each of the two, the name taken out, must be the same. */
    const leftAlike = async (script: string): Promise<string> => {
      const seen: string[] = [];
      for (const [, user] of pairs()) {
        seen.push((await inGuest(script.replaceAll('USER', user))).replaceAll(user, 'USER'));
      }
      assert.equal(seen[0], seen[1]);
      return seen[0] ?? '';
    };

    before(async () => {
      await inGuest('useradd -m alice; useradd -m bob');
    });

    it('set passwords', async () => {
      for (const [agent, username] of pairs()) {
        const password = Buffer.from('$6$salt$hash').toString('base64');
        await agent.ask('guest-set-user-password', { username, password, crypted: true });
      }
      assert.equal(await leftAlike('getent shadow USER | cut -d: -f2'), '$6$salt$hash\n');
      for (const [agent, username] of pairs()) {
        const password = Buffer.from('correct horse').toString('base64');
        await agent.ask('guest-set-user-password', { username, password, crypted: false });
      }
      assert.equal(await leftAlike('getent shadow USER | cut -d: -f2 | cut -c1-3'), '$y$\n');
    });

    it('refuse passwords of users who are not there', async () => {
      const request = { username: 'x', password: 'eA==', crypted: false };
      assert.deepEqual(
        await ours.fails('guest-set-user-password', request),
        await reference.fails('guest-set-user-password', request),
      );
    });

    const FILE = '/home/USER/.ssh/authorized_keys';
    const look = `stat -c '%n %a %U %G' /home/USER/.ssh ${FILE}; cat -A ${FILE}`;

    it('add, give and remove SSH keys', async () => {
      for (const [command, args] of [
        ['add', { keys: ['one', 'two', 'one'] }],
        ['add', { keys: ['two', 'three ü'] }],
        ['remove', { keys: ['two'] }],
        ['add', { keys: ['four'], reset: true }],
        ['add', { keys: [], reset: true }],
      ] as const) {
        for (const [agent, username] of pairs()) {
          await agent.ask(`guest-ssh-${command}-authorized-keys`, { username, ...args });
        }
        await leftAlike(look);
      }
      await leftAlike(`printf '# c\\n\\n one \\n\\ttwo\\n' > ${FILE}; chmod 644 ${FILE}`);
      const keys = await Promise.all(
        pairs().map(([agent, username]) => agent.ask('guest-ssh-get-authorized-keys', { username })),
      );
      assert.deepEqual(keys[0], { keys: ['two', 'one'] });
      assert.deepEqual(keys[0], keys[1]);
      for (const [agent, username] of pairs()) {
        await agent.ask('guest-ssh-add-authorized-keys', { username, keys: ['five'] });
      }
      await leftAlike(look);
    });

    it('fail alike where there is nothing to read', async () => {
      await leftAlike(`rm -r /home/USER/.ssh`);
      const desc = await Promise.all(
        pairs().map(async ([agent, username]) =>
          (await agent.fails('guest-ssh-get-authorized-keys', { username })).desc.replaceAll(
            username,
            'USER',
          ),
        ),
      );
      assert.equal(desc[0], desc[1]);
    });
  });
});
