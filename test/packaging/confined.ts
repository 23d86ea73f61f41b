// The single executable in a system that allows little: no folder for programs, little address space.
import assert from 'node:assert/strict';
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, it } from 'node:test';
import type { Built } from './built.js';

const cannotMount = process.getuid?.() === 0 ? false : 'mounting requires root';

/** Answers one request of each kind: without and with the native addon. `$0` is guestd. */
const CONVERSATION = `
  "$0" --method=unix-listen --path=/run/q.sock --statedir=/run 2>/run/stderr &
  agent=$!
  until [ -S /run/q.sock ] || ! kill -0 $agent 2>/run/null; do sleep 0.02; done
  printf '%s\\n' '{"execute": "guest-ping"}' '{"execute": "guest-exec", "arguments": {"path": "/bin/true"}}' |
    socat -t 10 - UNIX-CONNECT:/run/q.sock,shut-none 2>/run/null &
  client=$!
  if [ -S /run/q.sock ]; then sleep 0.5; kill $agent; fi
  wait $agent
  echo "status $?"
  wait $client
  sed 's/^[0-9.]*: //' /run/stderr
`;

/** Hides every folder for temporary files behind a tmpfs that does not allow execution; the program is in `$1`. */
const NOEXEC = `
  mount --bind "$1" /mnt || exit 99
  for folder in /run /tmp /var/tmp /dev; do mount -t tmpfs -o noexec none $folder || exit 99; done
  mkdir /dev/shm && mount -t tmpfs -o noexec none /dev/shm || exit 99
  for device in null,3 random,8 urandom,9; do mknod -m 666 /dev/\${device%,*} c 1 \${device#*,} || exit 99; done
`;

/** Declares tests of an executable and of the tree of its Debian package. */
export function describeConfined(built: () => Built): void {
  describe('the executable of guestd in a confined system', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'guestwire-confined-'));
      execFileSync('dpkg-deb', ['--extract', built().debianPackage, folder]);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    const withoutExecution = (program: string): SpawnSyncReturns<string> =>
      spawnSync(
        'unshare',
        ['--mount', '/bin/sh', '-c', NOEXEC + CONVERSATION, join('/mnt', program), folder],
        {
          encoding: 'utf8',
          timeout: 60_000,
        },
      );
    it('works without a folder that allows execution when it is installed', { skip: cannotMount }, () => {
      const { stdout, stderr } = withoutExecution('usr/sbin/guestd');
      assert.match(stdout, /^\{"return": \{\}\}\n\{"return": \{"pid": \d+\}\}\nstatus 0\n$/m, stderr);
    });

    it('refuses to start without a folder that allows execution when it is alone', {
      skip: cannotMount,
    }, () => {
      mkdirSync(join(folder, 'alone'));
      copyFileSync(join(folder, 'usr/sbin/guestd'), join(folder, 'alone/guestd'));
      const { stdout } = withoutExecution('alone/guestd');
      assert.match(
        stdout,
        /^status 1\ncritical: error initializing guest agent: no folder lets the native part [^\n]*\(install it as [^\n]*\/lib\/guestd\/koffi\.node, owned by root, or mount a tmpfs on \/dev\/shm without the option noexec\)\n$/m,
      );
    });

    it('ignores an addon that others can write, and one of another version', { skip: cannotMount }, () => {
      const addon = join(folder, 'usr/lib/guestd/koffi.node');
      chmodSync(addon, 0o666);
      assert.match(withoutExecution('usr/sbin/guestd').stdout, /koffi\.node: other users can change it;/);
      chmodSync(addon, 0o644);
      execFileSync('truncate', ['--size=-1', addon]);
      assert.match(
        withoutExecution('usr/sbin/guestd').stdout,
        /koffi\.node: it belongs to another version of this program;/,
      );
    });

    it('serves requests with 512 MiB of address space', () => {
      const place = mkdtempSync(join(tmpdir(), 'guestwire-limit-'));
      try {
        const script = CONVERSATION.replaceAll('/run/', `${place}/`).replace('=/run', `=${place}`);
        const { stdout, stderr } = spawnSync(
          '/bin/sh',
          ['-c', `ulimit -v 524288\n${script}`, built().executable],
          {
            encoding: 'utf8',
            timeout: 60_000,
          },
        );
        assert.match(stdout, /^\{"return": \{\}\}\n\{"return": \{"pid": \d+\}\}\nstatus 0\n$/m, stderr);
      } finally {
        rmSync(place, { recursive: true, force: true });
      }
    });

    it('names the limit when the address space is too small', () => {
      const { stderr } = spawnSync(
        '/bin/sh',
        ['-c', 'ulimit -v 262144; exec "$0" --version', built().executable],
        {
          encoding: 'utf8',
          timeout: 60_000,
        },
      );
      assert.match(stderr, /RLIMIT_AS is below the 512 MiB of guestd/);
    });
  });
}
