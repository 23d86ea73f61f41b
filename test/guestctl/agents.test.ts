// Runs the program guestctl with the agents of this machine.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, describe, test } from 'node:test';
import { digestHere, makeTree } from '../client/tree.js';
import {
  type AgentProgram,
  ourAgent,
  type RunningAgent,
  referenceAgents,
  startAgent,
  unprivileged,
} from '../compat/agents.js';
import { guestctl } from './program.js';

const { missing, ...reference } = referenceAgents();

const candidates: readonly {
  readonly name: string;
  readonly program: AgentProgram | undefined;
  readonly otherwise: string;
}[] = [
  { name: 'guestd', program: ourAgent(), otherwise: '' },
  { name: 'qemu-ga 10.0', program: reference['10.0'], otherwise: missing ?? '' },
  {
    name: 'qemu-ga 7.2',
    program: reference['7.2'],
    otherwise: 'qemu-ga 7.2 is missing: install the Debian 12 package qemu-guest-agent',
  },
];

/** Commands that all agents support; an agent in a chroot has no `/proc` and `/sys`. */
const COMMANDS = 'ping info os users time fs disks net cpus memory status doctor'.split(' ');
/** Commands that only newer agents support. */
const NEW_COMMANDS = ['load', 'routes', 'top'] as const;

for (const { name, program, otherwise } of candidates) {
  describe(`guestctl and ${name}`, { skip: program === undefined && otherwise }, () => {
    let agent: RunningAgent;
    /** A folder of this host. */
    let here: string;
    /** A folder of the guest, by its path on this host and in the guest. */
    let there: string;
    let inside: string;

    before(async () => {
      assert.ok(program !== undefined);
      agent = await startAgent(unprivileged(program), [], { PATH: process.env['PATH'] });
      here = mkdtempSync(join(tmpdir(), 'guestctl-'));
      there = join(agent.folder, 'files');
      inside = `${agent.folderInside}/files`;
      mkdirSync(there);
    });
    after(async () => {
      await agent[Symbol.asyncDispose]();
      rmSync(here, { recursive: true, force: true });
    });

    for (const command of program?.root === '' ? COMMANDS : ['ping', 'info', 'status', 'doctor']) {
      test(`${command} prints text and JSON`, async () => {
        const runs = await Promise.all([
          guestctl(agent.socket, [command]),
          guestctl(agent.socket, [command, '--json']),
        ]);
        const [plain, json] = runs;
        for (const { status, err } of runs) assert.equal(status, 0, err);
        assert.ok(plain.out.length > 0);
        assert.doesNotThrow(() => JSON.parse(json.out));
      });
    }

    for (const command of program?.root === '' ? NEW_COMMANDS : []) {
      test(`${command} succeeds, or names the release that has the command`, async () => {
        const { status, out, err } = await guestctl(
          agent.socket,
          [command, '--interval', '1ms'].slice(0, command === 'top' ? 3 : 1),
        );
        if (status === 0) assert.ok(out.length > 0);
        else assert.match(err, /: the agent \(version .*\) does not have this command; it came with QEMU \d/);
      });
    }

    test('exec returns the outputs and the exit status', async () => {
      const script = 'cat; echo "$A" >&2; exit 7';
      const run = await guestctl(agent.socket, ['exec', '-e', 'A=b', '--', 'sh', '-c', script], {
        input: 'hello\n',
      });
      assert.deepEqual(run, { status: 7, out: 'hello\n', err: 'b\n' });
    });

    test('write and cat transfer a file unchanged', async () => {
      const input = 'a\nb\0c';
      const written = await guestctl(agent.socket, ['write', '--mode', '0600', `${inside}/file`], { input });
      assert.equal(written.status, 0, written.err);
      assert.equal(readFileSync(join(there, 'file'), 'latin1'), input);
      assert.equal((await guestctl(agent.socket, ['cat', `${inside}/file`])).out, input);
    });

    // test/client copies more files with the other agents.
    const files = name === 'guestd' ? 2000 : 300;
    test(`cp -r of ${files} files, interrupted and run again, ends with equal checksums, to the guest and back`, async () => {
      const tree = join(here, 'tree');
      makeTree(tree, files);
      const digest = digestHere(tree);
      const toGuest = ['cp', '-r', tree, `guest:${inside}/tree`];
      const fromGuest = ['cp', '-r', `guest:${inside}/tree`, join(here, 'back')];
      for (const [args, copy] of [
        [toGuest, join(there, 'tree')],
        [fromGuest, join(here, 'back')],
      ] as const) {
        mkdirSync(copy);
        const watcher = watch(copy);
        const interrupted = await guestctl(agent.socket, args, {
          // As soon as the first file has arrived.
          meanwhile: (child) => watcher.once('change', () => child.kill('SIGINT')),
        });
        watcher.close();
        assert.equal(interrupted.status, 130, interrupted.err);
        assert.match(interrupted.err, /copy incomplete; run the same command to resume/);
        assert.ok(readdirSync(copy).length < readdirSync(tree).length);
        const again = await guestctl(agent.socket, args);
        assert.equal(again.status, 0, again.err);
        assert.match(again.out, /; verified\n$/);
        assert.equal(digestHere(copy), digest);
      }
    });
  });
}
