// Copies to and from places where there is something else than a file or a folder, or no room. Whatever it is, guestctl names the
// object and has no internal error.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { ourAgent, projectFolder, type RunningAgent, startAgent } from '../compat/agents.js';
import { guestctl, type Run } from './program.js';

const FAILED = 1;
const USAGE = 2;

/** Makes something at a path. */
type Make = (path: string) => void;

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args);
}

const file: Make = (path) => writeFileSync(path, 'contents');
const loop: Make = (path) => symlinkSync(path, path);
const dangling: Make = (path) => symlinkSync(`${path}-nowhere`, path);
const fifo: Make = (path) => run('mkfifo', path);
const device: Make = (path) => run('mknod', path, 'c', '1', '3');
const socket: Make = (path) =>
  run('perl', '-MSocket', '-e', 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un(shift))', path);

/** A folder that has everything: only files, folders and links are copied. */
const zoo: Make = (path) => {
  mkdirSync(join(path, 'folder'), { recursive: true });
  file(join(path, 'folder/file'));
  for (const [name, make] of Object.entries({ loop, dangling, fifo, device, socket })) make(join(path, name));
  for (const name of ['new\nline', ' blank ', '-option', '\u202e\u001b[2J', '*', '"quoted\'', '\\']) {
    file(join(path, name));
  }
  file(join(path, 'x'.repeat(255)));
  writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xff, 0xfe])]), 'not UTF-8');
};

describe('guestctl cp of odd files', {
  skip: process.getuid?.() === 0 ? false : 'devices and mounts: run the tests as root',
}, () => {
  let agent: RunningAgent;
  let count = 0;
  const mounts: string[] = [];

  before(async () => {
    agent = await startAgent(ourAgent(), [], { PATH: process.env['PATH'] });
  });
  after(async () => {
    for (const path of mounts) run('umount', path);
    await agent[Symbol.asyncDispose]();
  });

  /** Host and guest are the same machine. */
  const fresh = (): string => {
    count += 1;
    const path = join(agent.folder, `case-${count}`);
    mkdirSync(path);
    return path;
  };
  const mounted = (options: string): string => {
    const path = fresh();
    run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path);
    mounts.push(path);
    return path;
  };
  const cp = (...args: readonly string[]): Promise<Run> => guestctl(agent.socket, ['cp', ...args]);

  /** Checks an error: its status, and that its one line names an object. */
  const fails = ({ status, out, err }: Run, expected: readonly number[], name: string): void => {
    const shown = JSON.stringify({ status, out, err });
    assert.ok(expected.includes(Number(status)), shown);
    assert.equal(err.trimEnd().split('\n').length, 1, shown);
    assert.ok(err.startsWith('guestctl: ') && err.includes(name), shown);
    assert.doesNotMatch(err, /internal error/, shown);
  };

  const sides = [
    ['to the guest', (path: string) => path, (path: string) => `guest:${path}`],
    ['from the guest', (path: string) => `guest:${path}`, (path: string) => path],
  ] as const;

  for (const [direction, source, destination] of sides) {
    for (const [what, make] of Object.entries({ file, loop, dangling, fifo })) {
      test(`-r ${direction} onto a ${what} in place of the folder fails and leaves it`, async () => {
        const [from, to] = [fresh(), join(fresh(), 'there')];
        zoo(from);
        make(to);
        const { ino } = lstatSync(to);
        fails(await cp('-r', source(from), destination(to)), [FAILED, USAGE], 'there');
        assert.equal(lstatSync(to).ino, ino);
      });
    }

    for (const [what, make] of Object.entries({ file, dangling })) {
      test(`-r ${direction} onto a ${what} in place of an inner folder fails and leaves it`, async () => {
        const [from, to] = [fresh(), fresh()];
        zoo(from);
        make(join(to, 'folder'));
        const { ino } = lstatSync(join(to, 'folder'));
        fails(await cp('-r', source(from), destination(to)), [FAILED, USAGE], 'folder');
        assert.equal(lstatSync(join(to, 'folder')).ino, ino);
      });
    }

    for (const [what, make] of Object.entries({ loop, dangling, fifo, device })) {
      test(`${direction} of a ${what} fails`, async () => {
        const [from, to] = [join(fresh(), 'it'), join(fresh(), 'copy')];
        make(from);
        fails(await cp(source(from), destination(to)), [FAILED, USAGE], 'it');
        assert.ok(!existsSync(to));
      });
    }

    for (const [what, make] of Object.entries({ fifo, device, socket })) {
      test(`${direction} of a file onto a ${what} fails and leaves it`, async () => {
        const [from, to] = [join(fresh(), 'it'), join(fresh(), 'there')];
        file(from);
        make(to);
        const { ino } = lstatSync(to);
        fails(await cp(source(from), destination(to)), [FAILED, USAGE], 'there');
        assert.equal(lstatSync(to).ino, ino);
      });
    }

    for (const [what, make] of Object.entries({ loop, dangling })) {
      test(`${direction} of a file onto a ${what} replaces the link`, async () => {
        const [from, to] = [join(fresh(), 'it'), join(fresh(), 'there')];
        file(from);
        make(to);
        const { status, err } = await cp(source(from), destination(to));
        assert.equal(status, 0, err);
        assert.ok(lstatSync(to).isFile());
      });
    }

    test(`-r ${direction} copies files, folders and links of all names, and counts the rest`, async () => {
      const [from, to] = [fresh(), join(fresh(), 'copy')];
      zoo(from);
      const { status, out, err } = await cp('-r', source(from), destination(to));
      assert.equal(status, 0, err);
      assert.match(out, /; 3 skipped: devices, sockets or pipes;/);
      const again = await cp('-r', source(from), destination(to));
      assert.equal(again.status, 0, again.err);
      assert.equal(statSync(join(to, 'new\nline')).size, 8);
    });

    test(`${direction} fails in a folder that is missing, a file, full or read-only`, async () => {
      const from = join(fresh(), 'it');
      writeFileSync(from, Buffer.alloc(1 << 20));
      const there = fresh();
      file(join(there, 'file'));
      fails(await cp(source(from), destination(join(there, 'none/it'))), [FAILED, USAGE], 'none');
      fails(await cp(source(from), destination(join(there, 'file/it'))), [FAILED, USAGE], 'file');
      fails(await cp(source(from), destination(join(there, 'x'.repeat(300)))), [FAILED, USAGE], 'xxx');
      const full = mounted('size=64k');
      fails(await cp(source(from), destination(join(full, 'it'))), [FAILED, USAGE], 'it');
      const readOnly = mounted('ro');
      fails(await cp(source(from), destination(join(readOnly, 'it'))), [FAILED, USAGE], readOnly);
      fails(
        await cp('-r', source(join(from, '..')), destination(join(readOnly, 'it'))),
        [FAILED, USAGE],
        readOnly,
      );
    });

    test(`-r ${direction} of files that vanish ends with a message or a copy`, async () => {
      const from = fresh();
      const script =
        'cd "$0" || exit; while :; do for i in 1 2 3 4 5 6 7 8; do mkdir d$i; echo x >d$i/f; rm -r d$i; done; done';
      const changing = spawn('sh', ['-c', script, from], { stdio: 'ignore' });
      const ended = once(changing, 'exit');
      try {
        for (let round = 0; round < 5; round += 1) {
          const { status, err } = await cp('-r', source(from), destination(join(fresh(), 'copy')));
          assert.ok(status === 0 || status === FAILED || status === USAGE || status === 4, err);
          assert.doesNotMatch(err, /internal error|\n {4}at /);
        }
      } finally {
        changing.kill('SIGKILL');
        await ended;
        rmSync(from, { recursive: true, force: true });
      }
    });
  }

  test('cat reports that its output is full', async () => {
    const path = join(fresh(), 'file');
    file(path);
    const program = join(projectFolder, 'packages/cli/bin/guestctl.js');
    const args = ['cat', '--to', `unix:${agent.socket}`, path];
    const command = ['sh', '-c', 'exec "$0" "$@" >/dev/full', process.execPath, program, ...args] as const;
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += String(chunk);
    });
    const [status] = await once(child, 'close');
    assert.equal(status, USAGE, err);
    assert.match(err, /^guestctl: cannot write the output: ENOSPC[^\n]*\n$/);
  });
});
