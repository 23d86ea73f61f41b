// Sends the same requests to both agents in one guest, and compares their replies and effects.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Conversation } from './lab/conversation.js';
import type { Guest } from './lab/guest.js';
import { guestdImage } from './lab/guest-image.js';
import { describeGuest } from './lab/suite.js';
import { login } from './lab/utmp.js';

/**
 * Sends one request to both agents, and returns the reply they agree on. Asks the C agent before and after ours, and repeats all if its
 * two replies differ, for example because a packet has arrived.
 */
async function agreed(guest: Guest, command: string): Promise<unknown> {
  return guest.withHost(async (host) => {
    for (let before = await guest.reference.ask(command); ; ) {
      const answer = await host.ask(command);
      const after = await guest.reference.ask(command);
      if (isDeepStrictEqual(before, after)) {
        assert.deepEqual(answer, after);
        return answer;
      }
      before = after;
    }
  });
}

/** Runs a step with each agent in turn: ours with the user alice, the C agent with bob. */
function each<T>(guest: Guest, use: (agent: Conversation, username: string) => Promise<T>): Promise<[T, T]> {
  return guest.withHost(async (host) => [await use(host, 'alice'), await use(guest.reference, 'bob')]);
}

/** Asserts that a script prints the same for both users, apart from the name. */
async function leftAlike(guest: Guest, script: string): Promise<string> {
  const [alice, bob] = await each(guest, async (_, user) =>
    (await guest.shell(script.replaceAll('USER', user))).replaceAll(user, 'USER'),
  );
  assert.equal(alice, bob);
  return alice;
}

const FILE = '/home/USER/.ssh/authorized_keys';
const LOOK = `stat -c '%n %a %U %G' /home/USER/.ssh ${FILE}; cat -A ${FILE}`;

const YEAR_2040 = 2_208_988_800;

describeGuest(
  'guestd and the C agent in one guest',
  () => ({ image: guestdImage() }),
  (see) => {
    for (const command of ['guest-get-host-name', 'guest-get-osinfo']) {
      see(`reply to ${command} alike`, async (guest) => {
        await agreed(guest, command);
      });
    }

    see('report the same networks and routes', async (guest) => {
      await guest.shell(
        [
          'ip addr add 127.0.0.2/32 dev lo label lo:x',
          'ip link add one type veth peer name two',
          'ip addr add 10.0.0.1/24 dev one',
          'ip addr add 10.1.0.1 peer 10.1.0.2/16 dev one label one:peer',
          'ip addr add fd00::1/64 dev one nodad',
          'ip link set one up',
          'ip link set two up',
          'ip route add 10.9.0.0/16 via 10.0.0.9 metric 5',
        ].join(' && '),
      );
      const interfaces = JSON.stringify(await agreed(guest, 'guest-network-get-interfaces'));
      for (const part of ['lo:x', '10.1.0.1', 'fd00::1']) assert.ok(interfaces.includes(part), part);
      const routes = JSON.stringify(await agreed(guest, 'guest-network-get-route'));
      for (const part of ['10.9.0.0', 'fd00::']) assert.ok(routes.includes(part), part);
      await guest.shell('ip link del one; ip addr del 127.0.0.2/32 dev lo');
    });

    see('report users without utmp: none by the C agent, those of logind by guestd', async (guest) => {
      await guest.shell('test ! -e /run/utmp; useradd -m carol');
      const classAndType = '-E XDG_SESSION_CLASS=user -E XDG_SESSION_TYPE=tty';
      await guest.shell(
        `systemd-run --unit=carol -p PAMName=login -p User=carol ${classAndType} sleep infinity`,
      );
      // The path of the session on the bus, once there is one; carol's service manager has a session of another class.
      const login = 'org.freedesktop.login1';
      const list = `loginctl --no-legend list-sessions | awk '/ carol / && / user / { print $1 }'`;
      const microseconds = await guest.shell(
        [
          `until S=$(${list}); test -n "$S"; do sleep 0.2; done`,
          `P=$(busctl call ${login} /org/freedesktop/login1 ${login}.Manager GetSession s $S | cut -d'"' -f2)`,
          `busctl get-property ${login} $P ${login}.Session Timestamp | cut -d' ' -f2`,
        ].join('; '),
      );
      const users = await guest.withHost((host) => host.ask('guest-get-users'));
      assert.deepEqual(users, [{ user: 'carol', 'login-time': Number(microseconds) / 1e6 }]);
      assert.deepEqual(await guest.reference.ask('guest-get-users'), []);
      await guest.shell(`systemctl stop carol; while test -n "$(${list})"; do sleep 0.2; done`);
    });

    see('send audit entries to the journal', async (guest) => {
      const options = '-m unix-listen -p /run/audited/ga.sock -t /run/audited --audit-log=journald';
      await guest.shell(`systemd-run --unit=audited -p RuntimeDirectory=audited guestd ${options}`);
      const find = 'journalctl -q -n 1 -o json GUESTD_EVENT=started';
      const line = await guest.shell(`until ${find} | grep .; do sleep 0.5; done`);
      const entry = JSON.parse(line);
      assert.deepEqual(
        [entry.MESSAGE, entry.SYSLOG_IDENTIFIER, entry.PRIORITY, entry.GUESTD_PID],
        ['audit log: started', 'guestd', '6', entry._PID],
      );
      assert.equal(JSON.parse(entry.GUESTD_ENTRY).event, 'started');
      await guest.shell('systemctl stop audited');
    });

    see('report the same users', async (guest) => {
      assert.deepEqual(await agreed(guest, 'guest-get-users'), []);
      const records = [
        login('alice', 1_700_000_000, 250_000),
        login('bob', 5, 0),
        login('alice', 4_000_000_000, 0),
      ];
      await guest.withHost(async (host) => {
        const handle = await host.ask('guest-file-open', { path: '/var/run/utmp', mode: 'w' });
        const data = Buffer.concat(records).toString('base64');
        await host.ask('guest-file-write', { handle, 'buf-b64': data });
        await host.ask('guest-file-close', { handle });
      });
      assert.deepEqual(await agreed(guest, 'guest-get-users'), [
        { user: 'alice', 'login-time': 1_700_000_000.25 },
        { user: 'bob', 'login-time': 5 },
      ]);
    });

    see('report the same time zone, also after a change', async (guest) => {
      for (const [name, zone, offset] of [
        ['Asia/Kolkata', 'IST', 19_800],
        ['America/Sao_Paulo', '-03', -10_800],
        ['Etc/UTC', 'UTC', 0],
      ] as const) {
        await guest.shell(`ln -sf /usr/share/zoneinfo/${name} /etc/localtime`);
        assert.deepEqual(await agreed(guest, 'guest-get-timezone'), { zone, offset });
      }
    });

    see('report nearly the same load', async (guest) => {
      const loads = await each(guest, (agent) => agent.ask('guest-get-load'));
      const [ours, theirs] = loads as [Record<string, number>, Record<string, number>];
      for (const name of ['load1m', 'load5m', 'load15m']) {
        const difference = Math.abs((ours[name] ?? Number.NaN) - (theirs[name] ?? Number.NaN));
        assert.ok(difference < 0.5, JSON.stringify(loads));
      }
    });

    see('report the same time', (guest) =>
      guest.withHost(async (host) => {
        const before = Number(await guest.reference.ask('guest-get-time'));
        const time = Number(await host.ask('guest-get-time'));
        const after = Number(await guest.reference.ask('guest-get-time'));
        assert.ok(before <= time && time <= after, `${before} ${time} ${after}`);
      }),
    );

    see('set the time and the hardware clock alike', async (guest) => {
      await guest.shell('test ! -e /sbin/hwclock');
      const [ours, theirs] = await each(guest, (agent) => agent.fails('guest-set-time'));
      assert.deepEqual(ours, theirs);
      const script = '#!/bin/sh\\necho "$0 $*" >> /root/hwclock\\n';
      await guest.shell(`printf '${script}' > /sbin/hwclock; chmod 755 /sbin/hwclock`);
      const now = Number(await guest.shell('date +%s'));
      await each(guest, async (agent) => {
        await agent.ask('guest-set-time', { time: YEAR_2040 * 1e9 });
        const seconds = Number(await guest.shell('date +%s'));
        assert.ok(seconds >= YEAR_2040 && seconds < YEAR_2040 + 600, String(seconds));
        await agent.ask('guest-set-time', { time: now * 1e9 });
        await agent.ask('guest-set-time');
      });
      const calls = ['-w', '-w', '-s'].map((flag) => `/sbin/hwclock ${flag}\n`).join('');
      assert.equal(await guest.shell('cat /root/hwclock; rm /sbin/hwclock'), calls + calls);
    });

    see('set passwords', async (guest) => {
      await guest.shell('useradd -m alice; useradd -m bob');
      const set = (text: string, crypted: boolean) =>
        each(guest, (agent, username) => {
          const password = Buffer.from(text).toString('base64');
          return agent.ask('guest-set-user-password', { username, password, crypted });
        });
      await set('$6$salt$hash', true);
      assert.equal(await leftAlike(guest, 'getent shadow USER | cut -d: -f2'), '$6$salt$hash\n');
      await set('correct horse', false);
      assert.equal(await leftAlike(guest, 'getent shadow USER | cut -d: -f2 | cut -c1-3'), '$y$\n');
    });

    see('refuse a password for an unknown user', async (guest) => {
      const request = { username: 'x', password: 'eA==', crypted: false };
      const [ours, theirs] = await each(guest, (agent) => agent.fails('guest-set-user-password', request));
      assert.deepEqual(ours, theirs);
    });

    see('add, list and remove SSH keys', async (guest) => {
      for (const [command, args] of [
        ['add', { keys: ['one', 'two', 'one'] }],
        ['add', { keys: ['two', 'three ü'] }],
        ['remove', { keys: ['two'] }],
        ['add', { keys: ['four'], reset: true }],
        ['add', { keys: [], reset: true }],
      ] as const) {
        await each(guest, (agent, username) =>
          agent.ask(`guest-ssh-${command}-authorized-keys`, { username, ...args }),
        );
        await leftAlike(guest, LOOK);
      }
      await leftAlike(guest, `printf '# c\\n\\n one \\n\\ttwo\\n' > ${FILE}; chmod 644 ${FILE}`);
      const keys = await each(guest, (agent, username) =>
        agent.ask('guest-ssh-get-authorized-keys', { username }),
      );
      assert.deepEqual(keys, [{ keys: ['two', 'one'] }, { keys: ['two', 'one'] }]);
      await each(guest, (agent, username) =>
        agent.ask('guest-ssh-add-authorized-keys', { username, keys: ['five'] }),
      );
      assert.match(await leftAlike(guest, LOOK), /five$/);
    });

    see('fail alike if there are no SSH keys', async (guest) => {
      await leftAlike(guest, 'rm -r /home/USER/.ssh');
      const [ours, theirs] = await each(guest, async (agent, username) => {
        const { desc } = await agent.fails('guest-ssh-get-authorized-keys', { username });
        return desc.replaceAll(username, 'USER');
      });
      assert.equal(ours, theirs);
    });
  },
);
