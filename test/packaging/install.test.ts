// Installs the Debian package in a Debian 13 that has qemu-guest-agent: a copy of the root folder of the C agent. No service runs there.
import assert from 'node:assert/strict';
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import { referenceAgents } from '../compat/agents.js';
import { type Built, build, version, whatIsMissing } from './built.js';

/** The time limit of one test; only a hang reaches it. */
const TIMEOUT = 300_000;

const HOOK = '/etc/qemu/fsfreeze-hook';
const OUR_HOOK = '/usr/share/guestd/fsfreeze-hook';
const CONFIGURATION = '/etc/qemu/qemu-ga.conf';

function reference(): { readonly root?: string; readonly missing?: string } {
  if (process.getuid?.() !== 0) return { missing: 'installing the Debian package requires root' };
  const { missing, ...agents } = referenceAgents();
  return { root: agents['10.0']?.root ?? '', ...(missing === undefined ? {} : { missing }) };
}

const {
  root = '',
  missing = root === '' ? 'installing the Debian package: no folder of Debian 13' : undefined,
} = reference();

describe('the Debian package', { skip: whatIsMissing() ?? missing ?? false, timeout: TIMEOUT }, () => {
  let built: Built;
  let tree: string;

  before(() => {
    built = build();
    tree = mkdtempSync(join(tmpdir(), 'guestwire-debian-'));
    execFileSync('cp', ['-a', '--reflink=auto', `${root}/.`, tree]);
    copyFileSync(built.debianPackage, join(tree, 'guestd.deb'));
    // Debian's tools run it before they start or stop a service; 101 forbids that.
    writeFileSync(join(tree, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  });
  after(() => {
    built?.[Symbol.dispose]();
    if (tree !== undefined) rmSync(tree, { recursive: true, force: true });
  });

  const inside = (path: string): string => join(tree, path);

  /** Runs a program in the tree without a terminal. */
  const run = (...command: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync('chroot', [tree, ...command], {
      encoding: 'utf8',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const succeed = (...command: readonly string[]): string => {
    const { status, stdout, stderr } = run(...command);
    assert.equal(status, 0, `${command.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const statusOf = (name: string): string =>
    run('dpkg-query', '--show', `--showformat=\${db:Status-Status}`, name).stdout;
  /** Returns all paths except the files of the package manager. */
  const everything = (): string[] =>
    // Node's recursive readdir follows links, of which /dev/fd leads to /proc of this machine and may have no end.
    execFileSync('find', [tree, '-mindepth', '1', '-printf', '%P\n'], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    })
      .split('\n')
      .filter((path) => !/^(var\/lib\/dpkg|var\/log\/dpkg\.log|var\/log\/alternatives\.log)/.test(path))
      .sort();

  it('replaces qemu-guest-agent without a prompt and keeps changed files', () => {
    assert.equal(statusOf('qemu-guest-agent'), 'installed');
    appendFileSync(inside(HOOK), '# mine\n');
    writeFileSync(inside(CONFIGURATION), '[general]\nverbose=true\n');
    const hook = readFileSync(inside(HOOK), 'utf8');

    succeed('dpkg', '--install', '/guestd.deb');

    assert.equal(statusOf('guestd'), 'installed');
    assert.equal(statusOf('qemu-guest-agent'), 'config-files');
    assert.equal(readFileSync(inside(HOOK), 'utf8'), hook);
    assert.equal(readFileSync(inside(CONFIGURATION), 'utf8'), '[general]\nverbose=true\n');
    assert.equal(succeed('qemu-ga', '--version'), `QEMU Guest Agent ${version} (Guestwire)\n`);
    assert.equal(succeed('dpkg', '--verify', 'guestd'), '');
  });

  it('restores the hook after qemu-guest-agent is purged', () => {
    succeed('dpkg', '--purge', 'qemu-guest-agent');
    assert.equal(readlinkSync(inside(HOOK)), OUR_HOOK);
  });

  it('keeps hook and configuration when it is installed again', () => {
    writeFileSync(inside('/etc/qemu/fsfreeze-hook.d/mine'), '#!/bin/sh\n', { mode: 0o755 });
    succeed('dpkg', '--install', '/guestd.deb');
    assert.equal(readlinkSync(inside(HOOK)), OUR_HOOK);
    assert.equal(readFileSync(inside(CONFIGURATION), 'utf8'), '[general]\nverbose=true\n');
    assert.ok(existsSync(inside('/etc/qemu/fsfreeze-hook.d/mine')));
    rmSync(inside('/etc/qemu/fsfreeze-hook.d/mine'));
  });

  describe('fsfreeze-hook', () => {
    const log = '/var/log/qga-fsfreeze-hook.log';
    const hook = (name: string, body: string, mode = 0o755): void =>
      writeFileSync(inside(`/etc/qemu/fsfreeze-hook.d/${name}`), `#!/bin/sh\n${body}\n`, { mode });
    const logged = (): string => readFileSync(inside(log), 'utf8');
    after(() => {
      for (const name of readdirSync(inside('/etc/qemu/fsfreeze-hook.d'))) {
        rmSync(inside(`/etc/qemu/fsfreeze-hook.d/${name}`), { recursive: true });
      }
    });

    it('runs the programs of its folder in order until one fails, and then those before it with thaw', () => {
      hook('10-first', 'echo "first got $1"; echo to stderr >&2');
      hook('20-fails', '[ "$1" = thaw ] || exit 3');
      hook('30-last', 'echo third');
      hook('40-not-executable', 'echo never', 0o644);
      assert.equal(run(HOOK, 'freeze').status, 3);
      const lines = logged();
      assert.match(
        lines,
        /first got freeze\nto stderr\n.*10-first freeze: finished successfully\n.*\n.*status 3\n.*\nfirst got thaw\n/,
      );
      assert.doesNotMatch(lines, /never|third/);
      assert.equal(statSync(inside(log)).mode & 0o777, 0o600);
    });

    it('skips backup files and files of package managers', () => {
      const endings = [
        '~',
        '.bak',
        '.orig',
        '.rpmnew',
        '.rpmorig',
        '.rpmsave',
        '.sample',
        '.dpkg-old',
        '.dpkg-new',
      ];
      for (const ending of [
        ...endings,
        '.dpkg-tmp',
        '.dpkg-dist',
        '.dpkg-bak',
        '.dpkg-backup',
        '.dpkg-remove',
      ]) {
        hook(`old${ending}`, 'echo left behind');
      }
      succeed(HOOK, 'thaw');
      assert.match(logged(), /first got thaw/);
      assert.doesNotMatch(logged(), /left behind/);
    });

    it('writes to the system log if the log file cannot be created', () => {
      rmSync(inside(log));
      succeed('mkdir', log);
      writeFileSync(inside('/usr/local/bin/logger'), '#!/bin/sh\necho "$*" >>/said\ncat >>/said\n', {
        mode: 0o755,
      });
      assert.equal(run('env', 'PATH=/usr/local/bin:/usr/bin:/bin', HOOK, 'freeze').status, 3);
      const said = readFileSync(inside('/said'), 'utf8');
      assert.match(said, /-t qemu-ga-freeze-hook/);
      assert.match(said, /first got freeze/);
      assert.match(said, /20-fails freeze: failed with status 3/);
      for (const path of [log, '/said', '/usr/local/bin/logger']) rmSync(inside(path), { recursive: true });
    });

    it('succeeds without its folder', () => {
      succeed('mv', '/etc/qemu/fsfreeze-hook.d', '/etc/qemu/away');
      succeed(HOOK, 'freeze');
      succeed('mv', '/etc/qemu/away', '/etc/qemu/fsfreeze-hook.d');
    });
  });

  describe('the init script of guestd', () => {
    const functions = '/lib/lsb/init-functions';
    const script = `
      mount -t proc proc $0/proc || exit 99
      chroot $0 /bin/sh -c '
        s=/etc/init.d/guestd
        $s status; echo status $?
        $s start; echo start $?
        $s start; echo start $?
        pid=$(cat /run/qemu-ga.pid)
        $s status; echo status $?
        $s reload; echo reload $?
        kill -0 $pid && echo alive
        $s restart; echo restart $?
        kill -0 $pid 2>/dev/null || echo replaced
        $s stop; echo stop $?
        $s stop; echo stop $?
        $s status; echo status $?
        $s; echo usage $?
      '`;
    before(() => {
      writeFileSync(
        inside('/etc/default/guestd'),
        'TRANSPORT=unix-listen:/run/init.sock\nDAEMON_ARGS="--allow-rpcs=guest-ping --statedir=/run"\n',
      );
    });
    after(() => {
      for (const path of ['/etc/default/guestd', '/run/init.sock']) rmSync(inside(path), { force: true });
    });

    /** Returns the exit status of each command. */
    const life = (): string[] =>
      execFileSync('unshare', ['--mount', '--pid', '--fork', '--kill-child', '/bin/sh', '-c', script, tree], {
        encoding: 'utf8',
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
        stdio: ['ignore', 'pipe', 'ignore'],
      })
        .split('\n')
        .filter((line) => /^(\w+ \d+|alive|replaced)$/.test(line));

    const expected = [
      ...['status 3', 'start 0', 'start 0', 'status 0', 'reload 0', 'alive', 'restart 0', 'replaced'],
      ...['stop 0', 'stop 0', 'status 3', 'usage 3'],
    ];

    it('starts, reloads, restarts and stops the agent without systemd', () => {
      assert.ok(existsSync(inside(functions)));
      assert.deepEqual(life(), expected);
    });

    it('works without the LSB functions of Debian', () => {
      succeed('mv', functions, `${functions}.away`);
      try {
        assert.deepEqual(life(), expected);
      } finally {
        succeed('mv', `${functions}.away`, functions);
      }
    });
  });

  it('keeps the configuration on remove, and a configuration of the administrator on purge', () => {
    succeed('dpkg', '--remove', 'guestd');
    assert.equal(existsSync(inside('/usr/sbin/guestd')), false);
    assert.equal(existsSync(inside(HOOK)), false);
    assert.ok(existsSync(inside('/etc/init.d/guestd')));
    succeed('dpkg', '--purge', 'guestd');
    assert.equal(readFileSync(inside(CONFIGURATION), 'utf8'), '[general]\nverbose=true\n');
    rmSync(inside('/etc/qemu'), { recursive: true, force: true });
  });

  it('creates a missing configuration and hook, and a purge removes them', () => {
    const before = everything();
    succeed('dpkg', '--install', '/guestd.deb');
    assert.equal(readlinkSync(inside(HOOK)), OUR_HOOK);
    assert.match(succeed('guestd', '--block-rpcs=help'), /^guest-sync/m);
    assert.equal(statSync(inside(CONFIGURATION)).mode & 0o777, 0o644);
    appendFileSync(inside(CONFIGURATION), 'verbose=true\n');
    // The files that a running agent leaves.
    for (const name of ['/run/qga.state', '/run/qemu-ga.pid', '/var/log/qga-fsfreeze-hook.log']) {
      writeFileSync(inside(name), '');
    }
    succeed('dpkg', '--remove', 'guestd');
    assert.ok(existsSync(inside(CONFIGURATION)));
    succeed('dpkg', '--purge', 'guestd');
    assert.deepEqual(everything(), before);
    assert.equal(statusOf('guestd'), '');
  });
});
