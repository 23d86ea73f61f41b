// The drop-ins of the policy's presets and the AppArmor profile, in a guest where the Debian package is installed.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { projectFolder } from '../compat/agents.js';
import type { Conversation } from './lab/conversation.js';
import type { Guest } from './lab/guest.js';
import type { See } from './lab/suite.js';
import { login } from './lab/utmp.js';

const DROP_INS = '/etc/systemd/system/guestd.service.d';

/** The highest score of `systemd-analyze security` of each preset; 10 is no protection at all. */
const HIGHEST_SCORES = {
  audit: 3,
  'file-read': 3.5,
  'file-write': 3.5,
  filesystem: 5,
  unrestricted: 10,
} as const;

type PresetName = keyof typeof HIGHEST_SCORES;

/** Requests need these arguments. `guest-sync-delimited` is not asked: each connection begins with it. */
const ARGUMENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { 'guest-sync': { id: 17 } };

/** Members whose values change from one request to the next. */
const VOLATILE = new Set(['statistics', 'used-bytes', 'trimmed']);

/** Commands whose reply consists of such values. */
const VOLATILE_COMMANDS = new Set([
  'guest-get-time',
  'guest-get-load',
  'guest-get-cpustats',
  'guest-get-diskstats',
]);

/** Returns the binary form of the AppArmor profile, which a guest's kernel loads without AppArmor's tools. */
export function apparmorProfile(): Buffer {
  // The features of the profile's ABI: those of this machine's kernel do not matter.
  const features = ['--features-file', '/etc/apparmor.d/abi/3.0'];
  const profile = join(projectFolder, 'packaging/apparmor/usr.sbin.guestd');
  return execFileSync(
    '/usr/sbin/apparmor_parser',
    ['--skip-cache', '--skip-kernel-load', '--stdout', ...features, profile],
    { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 16 * 1024 * 1024 },
  );
}

/** Replaces the numbers of a reply, or only those of volatile members. */
function withoutNumbers(value: unknown, all: boolean): unknown {
  if (Array.isArray(value)) return value.map((entry) => withoutNumbers(entry, all));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        name,
        withoutNumbers(member, all || VOLATILE.has(name)),
      ]),
    );
  }
  return all && typeof value === 'number' ? 0 : value;
}

/** Asks every command that the preset allows. */
async function askAll(guest: Guest, names: readonly string[]): Promise<Record<string, unknown>> {
  return guest.withHost(async (host) => {
    const replies: Record<string, unknown> = {};
    for (const name of names) {
      replies[name] = withoutNumbers(await host.ask(name, ARGUMENTS[name]), VOLATILE_COMMANDS.has(name));
    }
    return replies;
  });
}

async function commandsOf(guest: Guest, preset: PresetName): Promise<string[]> {
  const text = await guest.shell(`guestd policy list --policy=${preset} --json`);
  const { commands } = JSON.parse(text) as { commands: { name: string; allowed: boolean }[] };
  return commands.filter(({ allowed }) => allowed).map(({ name }) => name);
}

/** Restarts the agent with a drop-in, unless it has that already: the whole file, or only its policy. */
async function use(guest: Guest, preset: PresetName, part: 'sandbox' | 'policy only'): Promise<void> {
  const file = `/usr/share/guestd/preset-${preset}.conf`;
  const filter = part === 'sandbox' ? 'cat' : "grep -e '^.Service' -e '^ExecStart='";
  await guest.shell(`mkdir -p ${DROP_INS}
    ${filter} ${file} > ${DROP_INS}/preset.new
    if cmp --silent ${DROP_INS}/preset.new ${DROP_INS}/preset.conf; then exit; fi
    mv ${DROP_INS}/preset.new ${DROP_INS}/preset.conf
    systemctl daemon-reload; systemctl restart guestd`);
}

async function scoreOf(guest: Guest): Promise<number> {
  const table = await guest.shell('systemd-analyze security --no-pager guestd');
  return Number(/exposure level for guestd\.service: ([\d.]+)/.exec(table)?.[1]);
}

/**
 * A filesystem with four mount points, of which agents report one by the order of mounts; another one; a file in a folder of another user;
 * a logged-in user.
 */
const FURNISH = `
  mkdir -p /home/mount /tmp/mount /root/mount /srv/mount /srv/private/mount
  for folder in /tmp /home /root; do mount --bind /mnt $folder/mount; done
  mount /dev/vdc /srv/mount
  printf secret > /srv/private/file
  chmod 600 /srv/private/file
  chown nobody /srv/private/file /srv/private
  chmod 700 /srv/private
  echo ${login('alice', 1_700_000_000, 0).toString('base64')} | base64 -d > /run/utmp`;

const TIDY = `
  rmdir /srv/private/mount
  for folder in /home /tmp /root /srv; do umount $folder/mount; rmdir $folder/mount; done
  rm -r /srv/private /run/utmp ${DROP_INS}
  systemctl daemon-reload; systemctl restart guestd`;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function readFile(host: Conversation, path: string): Promise<string> {
  const handle = await host.ask('guest-file-open', { path });
  await host.ask('guest-file-seek', { handle, offset: 0, whence: 0 });
  const { 'buf-b64': data } = (await host.ask('guest-file-read', { handle })) as { 'buf-b64': string };
  await host.ask('guest-file-close', { handle });
  return Buffer.from(data, 'base64').toString();
}

async function writeFile(host: Conversation, path: string, text: string): Promise<void> {
  const handle = await host.ask('guest-file-open', { path, mode: 'w' });
  await host.ask('guest-file-write', { handle, 'buf-b64': base64(text) });
  await host.ask('guest-file-flush', { handle });
  await host.ask('guest-file-seek', { handle, offset: 0, whence: 0 });
  await host.ask('guest-file-close', { handle });
}

/** Freezes, thaws and trims; returns what both agents must agree on. */
async function freezeAndTrim(host: Conversation): Promise<unknown> {
  const frozen = await host.ask('guest-fsfreeze-freeze').finally(() => host.ask('guest-fsfreeze-thaw'));
  const one = await host
    .ask('guest-fsfreeze-freeze-list', { mountpoints: ['/private/mount'] })
    .finally(() => host.ask('guest-fsfreeze-thaw'));
  return {
    frozen,
    one,
    status: await host.ask('guest-fsfreeze-status'),
    trim: withoutNumbers(await host.ask('guest-fstrim'), false),
  };
}

/** Adds the tests of a guest in which guestd is installed, with its package's disk at `/mnt` and a free one. */
export function describeSandboxes(see: See): void {
  see('prepares mounts, users and files for the sandboxes', async (guest) => {
    await guest.shell(FURNISH);
  });

  /** Comes beside another test of the preset, so that the emulated agent is restarted once for both. */
  const seeScore = (preset: PresetName): void => {
    see(`scores at most ${HIGHEST_SCORES[preset]} with preset-${preset}.conf`, async (guest, context) => {
      await use(guest, preset, 'sandbox');
      const score = await scoreOf(guest);
      context.diagnostic(`systemd-analyze security guestd: ${score} with preset-${preset}.conf`);
      assert.ok(score <= HIGHEST_SCORES[preset]);
      await guest.withHost(async (host) => assert.deepEqual(await host.ask('guest-ping'), {}));
    });
  };

  see('replies to each command of preset-audit.conf as without its sandbox', async (guest, context) => {
    const names = (await commandsOf(guest, 'audit')).filter((name) => name !== 'guest-sync-delimited');
    assert.ok(names.length >= 19, names.join());
    await use(guest, 'audit', 'policy only');
    const expected = await askAll(guest, names);
    await use(guest, 'audit', 'sandbox');
    assert.deepEqual(await askAll(guest, names), expected);
    context.diagnostic(`${names.length} commands compared`);
    for (const text of ['/srv/mount', 'alice']) {
      assert.ok(JSON.stringify(expected).includes(text), text);
    }
  });

  see('reports mounts and a host name that are newer than the sandbox of audit', async (guest) => {
    await guest.withHost(async (host) => {
      await guest.shell('umount /srv/mount; mount /dev/vdc /media; hostname newer');
      const mounts = JSON.stringify(await host.ask('guest-get-fsinfo'));
      assert.ok(mounts.includes('"/media"') && !mounts.includes('"/srv/mount"'), mounts);
      assert.deepEqual(await host.ask('guest-get-host-name'), { 'host-name': 'newer' });
      // The one difference: without a capability, root cannot enter the folders of others.
      await guest.shell('umount /media; mount /dev/vdc /srv/private/mount; hostname guest');
      const filesystems = (await host.ask('guest-get-fsinfo')) as Record<string, unknown>[];
      const hidden = filesystems.find(({ mountpoint }) => mountpoint === '/srv/private/mount');
      assert.equal(hidden?.['type'], 'ext4');
      assert.equal(hidden?.['total-bytes'], undefined);
      await guest.shell('umount /srv/private/mount; mount /dev/vdc /srv/mount');
    });
  });

  seeScore('audit');

  see('reads files anywhere with preset-file-read.conf, and writes none', async (guest) => {
    await use(guest, 'file-read', 'sandbox');
    await guest.shell('for folder in /root /home /tmp /boot; do printf text > $folder/readable; done');
    await guest.withHost(async (host) => {
      for (const folder of ['/root', '/home', '/tmp', '/boot']) {
        assert.equal(await readFile(host, `${folder}/readable`), 'text');
      }
      assert.equal(await readFile(host, '/srv/private/file'), 'secret');
      assert.match(await readFile(host, '/proc/version'), /^Linux/);
      const { desc } = await host.fails('guest-file-open', { path: '/root/readable', mode: 'a' });
      assert.match(desc, /policy/);
    });
    await guest.shell('rm /root/readable /home/readable /tmp/readable /boot/readable');
  });

  seeScore('file-read');

  see('writes files anywhere with preset-file-write.conf', async (guest) => {
    await use(guest, 'file-write', 'sandbox');
    const files = ['/root', '/home', '/tmp', '/etc', '/srv/private'].map((folder) => `${folder}/written`);
    await guest.withHost(async (host) => {
      for (const file of files) await writeFile(host, file, 'text');
    });
    const look = `for file in ${files.join(' ')}; do stat -c '%a %U' $file; cat $file; echo; done`;
    assert.equal(await guest.shell(look), '666 root\ntext\n'.repeat(files.length));
    await guest.shell(`rm ${files.join(' ')}`);
  });

  seeScore('file-write');

  see('freezes and trims what the C agent does with preset-filesystem.conf', async (guest) => {
    await use(guest, 'filesystem', 'sandbox');
    // Mounted after the start, below a mount that is not shared: no mount namespace would show it.
    await guest.shell(`umount /srv/mount
      mkdir -p /private; mount -t tmpfs none /private; mount --make-private /private
      mkdir /private/mount; mount /dev/vdc /private/mount`);
    const theirs = await freezeAndTrim(guest.reference);
    await guest.withHost(async (host) => assert.deepEqual(await freezeAndTrim(host), theirs));
    await guest.shell('umount /private/mount /private; rmdir /private; mount /dev/vdc /srv/mount');
  });

  seeScore('filesystem');

  seeScore('unrestricted');

  see('replies and freezes under the AppArmor profile as without it', async (guest) => {
    const names = (await commandsOf(guest, 'audit')).filter((name) => name !== 'guest-sync-delimited');
    await use(guest, 'unrestricted', 'sandbox');
    const expected = await askAll(guest, names);
    const control = '/sys/kernel/security/apparmor';
    await guest.shell(`cat /mnt/guestd.apparmor > ${control}/.load && systemctl restart guestd`);
    try {
      const domain = await guest.shell(
        'cat /proc/$(systemctl show --value --property MainPID guestd)/attr/apparmor/current',
      );
      assert.equal(domain, 'guestd (enforce)\n');
      assert.deepEqual(await askAll(guest, names), expected);
      const theirs = await guest.reference
        .ask('guest-fsfreeze-freeze')
        .finally(() => guest.reference.ask('guest-fsfreeze-thaw'));
      await guest.withHost(async (host) => {
        const ours = await host.ask('guest-fsfreeze-freeze').finally(() => host.ask('guest-fsfreeze-thaw'));
        assert.equal(ours, theirs);
        const { desc } = await host.fails('guest-file-open', { path: '/srv/private/file' });
        assert.match(desc, /Permission denied/);
      });
    } finally {
      await guest.shell(`printf 'guestd\\0' > ${control}/.remove`);
    }
  });

  see('is as before without a drop-in', async (guest) => {
    await guest.shell(TIDY);
    await guest.withHost(async (host) => assert.deepEqual(await host.ask('guest-ping'), {}));
  });
}
