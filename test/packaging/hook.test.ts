// The hook dispatcher of the package, in each shell that may be /bin/sh, with each state of the logs.
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { projectFolder } from '../compat/agents.js';

const LOG = '/var/log/qga-fsfreeze-hook.log';

const skip = process.getuid?.() === 0 ? false : 'a private /var/log needs root';

const SHELLS = [['dash'], ['busybox', 'sh'], ['bash']] as const;

/** The programs that the dispatcher and the hooks of these tests use, without `logger`. */
const TOOLS = ['date', 'tr', 'tee', 'cat', 'sleep', 'head', 'sh'];

/** States of the logs: how to make each in a private mount namespace. */
const LOGS = {
  'a log file': 'mount -t tmpfs none /var/log',
  'a full disk below the log file':
    'mount -t tmpfs -o size=4k none /var/log; head -c 4k /dev/zero >/var/log/full',
  'a read-only /var/log and no logger': 'mount -t tmpfs -o ro none /var/log',
  'a read-only /var/log and a logger without system log': `mount -t tmpfs -o ro none /var/log
    printf '#!/bin/sh\\nexit 1\\n' >$BIN/logger; chmod 755 $BIN/logger`,
  'a read-only /var/log and a logger': `mount -t tmpfs -o ro none /var/log
    printf '#!/bin/sh\\nif [ $# -gt 2 ]; then echo "$3"; else cat; fi >>$RAN.logger\\n' >$BIN/logger; chmod 755 $BIN/logger`,
} as const;

describe('fsfreeze-hook', { skip }, () => {
  let folder: string;
  let ran: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestwire-hook-'));
    ran = join(folder, 'ran');
    mkdirSync(join(folder, 'fsfreeze-hook.d'));
    mkdirSync(join(folder, 'bin'));
    copyFileSync(join(projectFolder, 'packaging/hook/fsfreeze-hook'), join(folder, 'fsfreeze-hook'));
    for (const tool of TOOLS) {
      const path = ['/usr/bin', '/bin'].map((place) => join(place, tool)).find((file) => existsSync(file));
      assert.ok(path !== undefined, tool);
      symlinkSync(path, join(folder, 'bin', tool));
    }
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Puts a program into the folder of the dispatcher; `$RAN` is the file to which it reports. */
  const hook = (name: string, body: string): void => {
    const path = join(folder, 'fsfreeze-hook.d', name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  };
  const reports = (name: string): void => hook(name, `echo "\${0##*/} $1" >>$RAN`);
  const calls = (): string[] => (existsSync(ran) ? readFileSync(ran, 'utf8').trimEnd().split('\n') : []);

  /** Runs the dispatcher in a mount namespace; then prints the log file as standard error. */
  const run = (
    shell: readonly string[],
    setUp: string,
    argument: string,
    env: Readonly<Record<string, string>> = {},
  ): SpawnSyncReturns<string> => {
    const [program = '', ...rest] = shell;
    const command = [`/bin/${program}`, ...rest, join(folder, 'fsfreeze-hook'), argument].join(' ');
    const script = `set -e; ${setUp}
      set +e; PATH=$BIN ${command}; status=$?; cat ${LOG} >&2 2>/dev/null; exit $status`;
    return spawnSync('unshare', ['--mount', '/bin/sh', '-c', script], {
      encoding: 'utf8',
      // A dispatcher that hangs must not stop the tests.
      timeout: 20_000,
      maxBuffer: 16_000_000,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', BIN: join(folder, 'bin'), RAN: ran, ...env },
    });
  };

  for (const shell of SHELLS) {
    describe(`in ${shell.join(' ')}`, () => {
      for (const [state, setUp] of Object.entries(LOGS)) {
        it(`lets a program that prints do its work, with ${state}`, () => {
          hook('10', 'sleep 0.1; echo locking the database; echo done || exit 7; echo "10 $1" >>$RAN');
          reports('20');
          const { status, stdout } = run(shell, setUp, 'freeze');
          assert.deepEqual([status, calls()], [0, ['10 freeze', '20 freeze']]);
          assert.match(stdout, /locking the database\ndone\n/);
        });

        it(`fails with a program that fails, after thaw of those before it, with ${state}`, () => {
          reports('10');
          reports('20');
          hook('30', 'echo no space left; exit 7');
          reports('40');
          const { status, stdout } = run(shell, setUp, 'freeze');
          assert.deepEqual([status, calls()], [7, ['10 freeze', '20 freeze', '20 thaw', '10 thaw']]);
          assert.match(stdout, /no space left\n.*\/30 freeze: failed with status 7\n/);
        });

        it(`reads all that a program prints, with ${state}`, () => {
          hook('10', 'head -c 3000000 /dev/zero && echo "10 $1" >>$RAN');
          const { status } = run(shell, setUp, 'freeze');
          assert.deepEqual([status, calls()], [0, ['10 freeze']]);
        });

        it(`does not wait for a background process that keeps the output open, with ${state}`, () => {
          // It ends with the test.
          hook('10', 'while [ -e $RAN.background ]; do sleep 0.1; done & echo started; echo "10 $1" >>$RAN');
          writeFileSync(`${ran}.background`, '');
          const { status, stdout, error } = run(shell, `${setUp}; exec >$RAN.out 2>&1`, 'freeze');
          rmSync(`${ran}.background`);
          assert.deepEqual([status, error, stdout, calls()], [0, undefined, '', ['10 freeze']]);
        });
      }

      it('writes the output between the lines about its program into a log of mode 0600', () => {
        hook('10', 'echo "got $1"; echo problem >&2');
        const { stderr } = run(shell, `${LOGS['a log file']}; umask 0`, 'freeze');
        assert.match(
          stderr,
          /^.*: .*\/10 freeze: started\ngot freeze\nproblem\n.*\/10 freeze: finished successfully\n$/,
        );
        const mode = run(shell, LOGS['a log file'], `freeze >/dev/null; ls -l ${LOG}; :`);
        assert.match(mode.stdout, /^-rw------- /);
      });

      it('writes to the system log if there is no log file', () => {
        hook('10', 'echo "got $1"');
        run(shell, LOGS['a read-only /var/log and a logger'], 'freeze');
        assert.match(readFileSync(`${ran}.logger`, 'utf8'), /got freeze\n/);
      });

      it('runs programs with thaw in reverse, also after one has failed, and fails then', () => {
        reports('10');
        hook('20', 'echo "20 $1" >>$RAN; exit 5');
        reports('30');
        const { status } = run(shell, LOGS['a log file'], 'thaw');
        assert.deepEqual([status, calls()], [5, ['30 thaw', '20 thaw', '10 thaw']]);
      });

      it('orders names by their bytes, and passes the locale on', () => {
        for (const name of ['b', 'A', 'a', '-x', 'B']) hook(name, `echo "\${0##*/} \${LC_ALL-unset}" >>$RAN`);
        run(shell, LOGS['a log file'], 'freeze');
        assert.deepEqual(calls(), ['-x unset', 'A unset', 'B unset', 'a unset', 'b unset']);
        rmSync(ran);
        run(shell, LOGS['a log file'], 'freeze', { LC_ALL: 'en_US.UTF-8' });
        assert.deepEqual(calls()[0], '-x en_US.UTF-8');
      });

      it('runs programs with hostile names, which cannot forge a line of the log', () => {
        const names = [' ', '*', '$(id)', "'", '10\nfake: line', '-rf'];
        for (const name of names) hook(name, 'echo "$1" >>$RAN');
        const { status, stderr } = run(shell, LOGS['a log file'], 'freeze');
        assert.deepEqual([status, calls().length], [0, names.length]);
        assert.doesNotMatch(stderr, /^fake/m);
      });

      it('skips leftovers and files that are not executable', () => {
        for (const ending of [
          '~',
          '.bak',
          '.orig',
          '.sample',
          '.rpmnew',
          '.rpmsave',
          '.dpkg-old',
          '.dpkg-dist',
        ]) {
          reports(`left${ending}`);
        }
        reports('.hidden');
        writeFileSync(join(folder, 'fsfreeze-hook.d/README'), 'text');
        mkdirSync(join(folder, 'fsfreeze-hook.d/sub'));
        reports('10');
        const { status } = run(shell, LOGS['a log file'], 'freeze');
        assert.deepEqual([status, calls()], [0, ['10 freeze']]);
      });

      it('does nothing if the agent runs the programs itself', () => {
        reports('10');
        const own = { GUESTD_FSFREEZE_HOOK_DIR: `${folder}/./fsfreeze-hook.d` };
        assert.equal(run(shell, LOGS['a log file'], 'freeze', own).status, 0);
        assert.deepEqual(calls(), []);
        run(shell, LOGS['a log file'], 'freeze', { GUESTD_FSFREEZE_HOOK_DIR: '/etc' });
        assert.deepEqual(calls(), ['10 freeze']);
      });

      it('succeeds without its folder, and rejects other arguments', () => {
        rmSync(join(folder, 'fsfreeze-hook.d'), { recursive: true });
        assert.equal(run(shell, LOGS['a log file'], 'freeze').status, 0);
        const wrong = run(shell, LOGS['a log file'], 'status');
        assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
        assert.match(wrong.stderr, /^usage: .*fsfreeze-hook freeze\|thaw\n/);
      });
    });
  }

  describe('database.sh.sample', () => {
    const sample = join(projectFolder, 'packaging/hook/database.sh.sample');
    /** Runs steps in a mount namespace with an empty /run and a stand-in for the database client. */
    const withClient = (client: string, steps: string): SpawnSyncReturns<string> => {
      const path = join(folder, 'bin/mariadb');
      writeFileSync(path, `#!/bin/sh\n${client}\n`);
      chmodSync(path, 0o755);
      return spawnSync('unshare', ['--mount', '/bin/sh', '-c', `mount -t tmpfs none /run; ${steps}`], {
        encoding: 'utf8',
        timeout: 60_000,
        env: { PATH: `${join(folder, 'bin')}:/usr/sbin:/usr/bin:/sbin:/bin`, RAN: ran, HOOK: sample },
      });
    };
    const client = `while read -r line; do echo "$line" >>$RAN; case $line in *locked*) echo locked ;; esac; done
      echo 'end of input' >>$RAN`;

    it('keeps the connection of its lock until the thaw', () => {
      const { status, stdout } = withClient(
        client,
        `sh $HOOK freeze; echo "freeze $?"; cat $RAN; kill -0 $(cat /run/guestd-database/client) && echo connected
         pid=$(cat /run/guestd-database/client)
         sh $HOOK thaw; echo "thaw $?"
         while kill -0 $pid 2>/dev/null && ! grep -q ') Z' /proc/$pid/stat; do :; done; ls /run`,
      );
      assert.equal(status, 0);
      const lock = "FLUSH TABLES WITH READ LOCK; FLUSH LOCAL ENGINE LOGS; SELECT 'locked';";
      assert.equal(stdout, `freeze 0\n${lock}\nconnected\nthaw 0\n`);
    });

    it('fails with the reason of the client and leaves nothing if the lock cannot be taken', () => {
      const { stdout } = withClient(
        'echo "ERROR 2002: no socket" >&2; echo',
        'sh $HOOK freeze; echo "freeze $?"; ls /run',
      );
      const reason = 'the database could not be locked within ten seconds';
      assert.equal(stdout, `${reason}\nERROR 2002: no socket\nfreeze 1\n`);
    });

    it('releases an earlier lock at a second freeze, and accepts a thaw without a freeze', () => {
      const { stdout } = withClient(
        client,
        'for step in thaw freeze freeze thaw thaw; do sh $HOOK $step; echo "$step $?"; done; ls /run',
      );
      assert.equal(stdout, 'thaw 0\nfreeze 0\nfreeze 0\nthaw 0\nthaw 0\n');
    });
  });
});
