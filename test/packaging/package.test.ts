// The output of `npm run package`: the single executable of guestd, its Debian package, and guestctl.
import assert from 'node:assert/strict';
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { after, before, describe, it, test } from 'node:test';
import { ourAgent, projectFolder, startAgent, unprivileged } from '../compat/agents.js';
import { openLink } from '../compat/link.js';
import { assertValid, type Bill } from './bills.js';
import { type Built, build, packager, version, whatIsMissing } from './built.js';
import { describeConfined } from './confined.js';
import { buildAgain } from './reproducible.js';
import { describeStart } from './start.js';

/** The time limit of one test; a busy machine needs most of it to make the package. */
const TIMEOUT = 900_000;

test('the packager prints its options and rejects unknown ones', () => {
  const help = packager('--help');
  assert.equal(help.status, 0);
  for (const word of ['--node', '--output', '--only', 'SOURCE_DATE_EPOCH'])
    assert.ok(help.stdout.includes(word));

  const wrong = packager('--nonsense');
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /^package: .*--nonsense.*--help/);

  const nobody = packager('--only=qemu-ga');
  assert.equal(nobody.status, 1);
  assert.match(nobody.stderr, /^package: --only takes executable, guestd, guestctl, npm, not "qemu-ga"/);
});

describe('npm run package', { skip: whatIsMissing() ?? false, timeout: TIMEOUT }, () => {
  let built: Built;
  let folder: string;

  before(() => {
    built = build();
    folder = mkdtempSync(join(tmpdir(), 'guestwire-packaged-'));
  });
  after(() => {
    built?.[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const guestd = (args: readonly string[], env: Record<string, string> = {}): SpawnSyncReturns<string> =>
    spawnSync(built.executable, args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', ...env } });

  describeStart('the executable of guestd', () => built.executable);
  describeConfined(() => built);

  describe('the executable of guestd', () => {
    it('prints only its version for --version', () => {
      const { status, stdout, stderr } = guestd(['--version']);
      assert.deepEqual(
        { status, stdout, stderr },
        { status: 0, stdout: `QEMU Guest Agent ${version} (Guestwire)\n`, stderr: '' },
      );
    });

    for (const option of ['--inspect', '--eval', '--require=x', '--v8-options', '-e']) {
      it(`rejects the Node option ${option}`, () => {
        const { status, stdout } = guestd([option]);
        assert.equal(status, 1);
        assert.equal(stdout, "Unknown option, try 'guestd --help' for more information.\n");
      });
    }

    it('loads its native addon from memory and leaves no file', async () => {
      const sharedMemory = (): string[] =>
        readdirSync('/dev/shm').filter((name) => !name.startsWith('guestwire'));
      const before = sharedMemory();
      await using agent = await startAgent({ name: 'guestd', command: [built.executable], root: '' });
      await using link = await openLink(agent.socket);
      const ask = async (request: object): Promise<string> => {
        link.send(Buffer.from(JSON.stringify(request)));
        return (await link.until(Buffer.from('\n'))).toString();
      };
      writeFileSync(join(agent.folder, 'file'), 'abc');
      await ask({ execute: 'guest-file-open', arguments: { path: join(agent.folder, 'file') } });
      // Node has no lseek, so this uses the native addon.
      const sought = await ask({
        execute: 'guest-file-seek',
        arguments: { handle: 1000, offset: 2, whence: 'set' },
      });
      assert.equal(sought, '{"return": {"eof": false, "position": 2}}');
      const maps = readFileSync(`/proc/${agent.pid}/maps`, 'utf8');
      assert.match(maps, /r-xp .*\/#\d+ \(deleted\)$/m, 'the addon was loaded from an unnamed file');
      assert.deepEqual(sharedMemory(), before);
    });
  });

  describe('the systemd drop-in for /etc/sysconfig/qemu-ga', () => {
    const dropIn = readFileSync(join(projectFolder, 'packaging/systemd/sysconfig.conf'), 'utf8');
    const line = /^ExecStart=\/usr\/sbin\/guestd (.*)$/m.exec(dropIn)?.[1] ?? '';
    /** Returns the resulting configuration, with systemd's rules: `${X}` is part of a word, `$X` becomes separate words. */
    const configuration = (file: Readonly<Record<string, string>>): string => {
      const value = (name: string): string => file[name] ?? '';
      const args = line.split(' ').flatMap((word) => {
        const name = /^\$(\w+)$/.exec(word)?.[1];
        return name === undefined
          ? [word.replaceAll(/\$\{(\w+)\}/g, (_, inner: string) => value(inner))]
          : value(name)
              .split(' ')
              .filter((part) => part !== '');
      });
      return guestd([...args, '--dump-conf']).stdout;
    };

    for (const [name, value] of [
      ['BLACKLIST_RPC', 'guest-exec'],
      ['BLOCK_RPCS', 'guest-exec'],
      ['FILTER_RPC_ARGS', '--verbose --block-rpcs=guest-exec'],
      ['QEMU_GA_ARGS', '--block-rpcs=guest-exec'],
    ] as const) {
      it(`honours ${name}`, () => {
        assert.match(configuration({ [name]: value }), /^block-rpcs=guest-exec$/m);
        assert.match(
          dropIn,
          new RegExp(`^Environment=.*\\b${name}= `, 'm'),
          'the variable has an empty default',
        );
      });
    }

    it('honours FSFREEZE_HOOK_PATHNAME', () => {
      const hook = (path: string): string => configuration({ FSFREEZE_HOOK_PATHNAME: path });
      assert.match(hook('/etc/qemu-ga/fsfreeze-hook'), /^fsfreeze-hook=\/etc\/qemu-ga\/fsfreeze-hook$/m);
      assert.match(hook(''), /^fsfreeze-hook=\/etc\/qemu\/fsfreeze-hook$/m);
    });

    it('blocks nothing when all variables are empty', () => {
      assert.match(configuration({}), /^block-rpcs=$/m);
    });
  });

  describe('the Debian package of guestd', () => {
    const dpkgDeb = (...args: readonly string[]): string =>
      execFileSync('dpkg-deb', [...args], { encoding: 'utf8' });

    it('replaces qemu-guest-agent', () => {
      const field = (name: string): string => dpkgDeb('--field', built.debianPackage, name).trim();
      assert.equal(field('Package'), 'guestd');
      assert.equal(field('Version'), version);
      assert.equal(field('Architecture'), 'amd64');
      for (const name of ['Provides', 'Conflicts', 'Replaces']) assert.equal(field(name), 'qemu-guest-agent');
      assert.match(field('Depends'), /\blibc6 \(>= 2\.28\)/);
    });

    it('contains only files that root owns and no other user can write', () => {
      const lines = dpkgDeb('--contents', built.debianPackage).trimEnd().split('\n');
      assert.ok(lines.length > 30);
      for (const line of lines) assert.match(line, /^(l|[-d]rw[-x]r-[-x]r-[-x] )/, line);
      for (const line of lines) assert.match(line, / root\/root /);
    });

    it('contains the companion files, and only the init script in /etc', () => {
      const contents = dpkgDeb('--contents', built.debianPackage);
      const paths = Array.from(contents.matchAll(/ \.(\/\S*)( -> \S+)?$/gm), ([, path = '']) => path);
      for (const path of [
        '/usr/sbin/guestd',
        '/usr/sbin/qemu-ga',
        '/usr/lib/systemd/system/guestd.service',
        '/usr/lib/systemd/system/guestd-thaw.service',
        '/usr/lib/systemd/system/qemu-guest-agent.service',
        '/usr/lib/udev/rules.d/60-guestd.rules',
        '/etc/init.d/guestd',
        '/etc/qemu/fsfreeze-hook.d/',
        '/usr/share/guestd/fsfreeze-hook',
        '/usr/share/guestd/preset-audit.conf',
        '/usr/share/guestd/apparmor/usr.sbin.guestd',
        '/usr/share/guestd/selinux/guestd.te',
        '/usr/share/man/man8/guestd.8.gz',
      ]) {
        assert.ok(paths.includes(path), path);
      }
      const below = paths.filter((path) => path.startsWith('/etc/') && !path.endsWith('/'));
      assert.deepEqual(below, ['/etc/init.d/guestd']);
    });

    it('has correct checksums and valid shell scripts', () => {
      const tree = join(folder, 'tree');
      dpkgDeb('--raw-extract', built.debianPackage, tree);
      const sums = readFileSync(join(tree, 'DEBIAN/md5sums'), 'utf8').trimEnd().split('\n');
      assert.ok(sums.length > 15);
      for (const line of sums) {
        const [sum, path = ''] = line.split('  ');
        assert.equal(
          createHash('md5')
            .update(readFileSync(join(tree, path)))
            .digest('hex'),
          sum,
          path,
        );
      }
      assert.equal(readFileSync(join(tree, 'DEBIAN/conffiles'), 'utf8'), '/etc/init.d/guestd\n');
      const scripts = ['preinst', 'postinst', 'prerm', 'postrm'].map((name) => `DEBIAN/${name}`);
      for (const script of [...scripts, 'etc/init.d/guestd', 'usr/share/guestd/fsfreeze-hook']) {
        execFileSync('sh', ['-n', join(tree, script)]);
      }
    });
  });

  const digest = (path: string, algorithm = 'sha256'): string =>
    createHash(algorithm).update(readFileSync(path)).digest('hex');
  const billOf = (path: string): Bill => JSON.parse(readFileSync(`${path}.cdx.json`, 'utf8'));

  describe('the bill of materials', () => {
    const packages = ({ components }: Bill): string[] =>
      components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`)).sort();

    it('of the executable lists Node, the native addon and our packages with versions and hashes', () => {
      const bill = billOf(built.executable);
      assertValid(bill);
      assert.deepEqual(packages(bill), [
        '@guestwire/agent',
        '@guestwire/posix',
        '@guestwire/protocol',
        '@guestwire/schema',
        '@koromix/koffi-linux-x64',
        'node',
      ]);
      assert.equal(bill.metadata.component.hashes?.[0]?.content, digest(built.executable));
      const node = bill.components.find(({ name }) => name === 'node');
      assert.equal(node?.version, process.versions.node);
      assert.equal(node?.hashes?.[0]?.content, digest(process.execPath));
      const openssl = node?.components?.find(({ name }) => name === 'openssl');
      assert.equal(openssl?.version, process.versions.openssl);
    });

    it('of the Debian package has its hash and the same components', () => {
      const bill = billOf(built.debianPackage);
      assertValid(bill);
      assert.equal(bill.metadata.component.hashes?.[0]?.content, digest(built.debianPackage));
      assert.deepEqual(bill.components, billOf(built.executable).components);
    });

    it('of an npm package lists what its installation contains', () => {
      const { status, stderr } = packager(`--output=${folder}`, '--only=npm');
      assert.equal(status, 0, stderr);
      const tarballs = readdirSync(join(folder, 'npm')).filter((name) => name.endsWith('.tgz'));
      assert.equal(tarballs.length, 8);
      for (const name of tarballs) {
        const bill = billOf(join(folder, 'npm', name));
        assertValid(bill);
        assert.equal(
          bill.metadata.component.hashes?.[0]?.content,
          digest(join(folder, 'npm', name), 'sha512'),
        );
      }
      const agent = billOf(join(folder, 'npm', `guestwire-agent-${version}.tgz`));
      const names = packages(agent);
      for (const name of ['@guestwire/posix', 'koffi', '@koromix/koffi-linux-arm64']) {
        assert.ok(names.includes(name), name);
      }
      assert.ok(!names.includes('typescript') && !names.includes('@guestwire/qapi'));
    });
  });

  it('makes the same bytes in another folder, with another umask and time zone', () => {
    using again = buildAgain(['guestd', 'npm']);
    for (const path of [built.executable, built.debianPackage]) {
      const other = join(again.output, basename(path));
      assert.equal(digest(other), digest(path), basename(path));
      assert.deepEqual(readFileSync(`${other}.cdx.json`), readFileSync(`${path}.cdx.json`));
    }
    for (const name of readdirSync(join(folder, 'npm'))) {
      assert.equal(digest(join(again.output, 'npm', name)), digest(join(folder, 'npm', name)), name);
    }
  });
});

describe('the executable of guestctl', { skip: whatIsMissing() ?? false, timeout: TIMEOUT }, () => {
  it('runs without Node and comes with its manual page and completion', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'guestwire-packaged-'));
    try {
      const { status, stderr } = packager(`--output=${folder}`, '--only=guestctl');
      assert.equal(status, 0, stderr);
      const beside = [
        'guestctl',
        'guestctl.1',
        'guestctl.bash',
        'guestctl.cdx.json',
        'guestctl.fish',
        'guestctl.zsh',
      ];
      assert.deepEqual(readdirSync(folder).sort(), beside);
      await using agent = await startAgent(unprivileged(ourAgent()));
      const run = (...args: readonly string[]): SpawnSyncReturns<string> =>
        spawnSync(join(folder, 'guestctl'), args, {
          encoding: 'utf8',
          env: { PATH: '', GUESTCTL_TARGET: `unix:${agent.socket}` },
        });
      assert.match(run('ping').stdout, / answered in /);
      assert.equal(run('info', '--json').status, 0);
      assert.equal(run('cat', join(agent.folder, 'none')).status, 1);
      assert.equal(run('--version').stdout, `${version}\n`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
