import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Host } from '../../support/host.js';
import { cannotFreeze, type LoopFilesystems, loopFilesystems } from '../../support/loop-filesystems.js';

const skip = cannotFreeze();

const AGENT = fileURLToPath(new URL('../../support/agent-process.js', import.meta.url));

/** An agent in a separate process, with its log and state on the first filesystem, and a host. */
class Guest implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly host: Host;

  private constructor(process: ChildProcess, host: Host) {
    this.process = process;
    this.host = host;
  }

  static async start(filesystems: LoopFilesystems, ...hook: string[]): Promise<Guest> {
    const [home = ''] = filesystems.directories;
    // On a frozen filesystem even making what is there already would block.
    if (!existsSync(`${home}/state`)) mkdirSync(`${home}/state`);
    const socket = filesystems.folder.file('socket');
    const args = [AGENT, socket, filesystems.root, `${home}/state`, `${home}/log`, ...hook];
    const agent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const failed = once(agent, 'exit').then(() => assert.fail('the agent has ended'));
    const [ready] = await Promise.race([once(agent.stdout, 'data'), failed]);
    assert.equal(`${ready}`, 'ready\n');
    return new Guest(agent, await Host.connect(socket));
  }

  ask(command: string, args?: object): Promise<string> {
    return this.host.ask(JSON.stringify({ execute: command, arguments: args }));
  }

  async kill(): Promise<void> {
    const exit = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.host[Symbol.dispose]();
    if (this.process.exitCode === null && this.process.signalCode === null) await this.kill();
  }
}

/** A process that writes to a filesystem, and the moments of its life. */
function writer(directory: string) {
  const process = spawn('sh', ['-c', 'echo written > "$0/new"', directory], { stdio: 'ignore' });
  const done = once(process, 'exit');
  return {
    done,
    /** Settles when the kernel has put it to sleep where no signal wakes it. */
    async blocked(): Promise<void> {
      while (!/\) D /.test(readFileSync(`/proc/${process.pid}/stat`, 'latin1'))) await setImmediate();
    },
    get running(): boolean {
      return process.exitCode === null;
    },
  };
}

/** Creates a hook on a filesystem that writes its argument there, and returns its path. */
function recordingHook(directory: string): string {
  const hook = `${directory}/hook`;
  writeFileSync(hook, `#!/bin/sh\necho $1 >> '${directory}/told'\n`, { mode: 0o755 });
  return hook;
}

function written(directory: string) {
  return readFileSync(`${directory}/new`, 'utf8');
}

test('guestd freezes ext4 and xfs: a writer blocks, and continues after the thaw', { skip }, async () => {
  using filesystems = loopFilesystems();
  await using guest = await Guest.start(filesystems);
  assert.equal(await guest.ask('guest-fsfreeze-status'), '{"return": "thawed"}');
  assert.equal(await guest.ask('guest-fsfreeze-freeze'), '{"return": 2}');
  // Log and state are on a frozen filesystem: had the agent touched them it would not answer any more.
  assert.equal(await guest.ask('guest-fsfreeze-status'), '{"return": "frozen"}');
  const writers = filesystems.directories.map(writer);
  await Promise.all(writers.map(({ blocked }) => blocked()));
  assert.equal(await guest.ask('guest-ping'), '{"return": {}}');
  assert.ok(writers.every(({ running }) => running));
  assert.equal(await guest.ask('guest-fsfreeze-thaw'), '{"return": 2}');
  assert.deepEqual(await Promise.all(writers.map(({ done }) => done)), [
    [0, null],
    [0, null],
  ]);
  assert.deepEqual(filesystems.directories.map(written), ['written\n', 'written\n']);
  assert.equal(await guest.ask('guest-fsfreeze-status'), '{"return": "thawed"}');
  assert.equal(await guest.ask('guest-fsfreeze-thaw'), '{"return": 0}');
});

test('guestd accepts only the frozen set of commands while frozen', { skip }, async () => {
  using filesystems = loopFilesystems();
  await using guest = await Guest.start(filesystems);
  const path = `${filesystems.directories[0]}/state/f`;
  await guest.ask('guest-fsfreeze-freeze');
  for (const command of ['guest-file-open', 'guest-fsfreeze-freeze', 'guest-shutdown']) {
    assert.equal(
      await guest.ask(command, { path, mode: 'w' }),
      `{"error": {"class": "CommandNotFound", "desc": "Command ${command} has been disabled: the command is not allowed"}}`,
    );
  }
  assert.equal(await guest.ask('guest-sync', { id: 7 }), '{"return": 7}');
  guest.process.kill('SIGTERM');
  assert.match(await guest.ask('guest-info'), /"return"/);
  assert.equal(await guest.ask('guest-fsfreeze-thaw'), '{"return": 2}');
  assert.equal(await guest.ask('guest-file-open', { path, mode: 'w' }), '{"return": 1000}');
});

test('guestd starts frozen after an agent that was killed while frozen, and thaws', { skip }, async () => {
  using filesystems = loopFilesystems();
  const [home = ''] = filesystems.directories;
  {
    await using guest = await Guest.start(filesystems);
    await guest.ask('guest-fsfreeze-freeze');
    await guest.kill();
  }
  const blocked = writer(home);
  await blocked.blocked();
  await using guest = await Guest.start(filesystems);
  assert.equal(await guest.ask('guest-fsfreeze-status'), '{"return": "frozen"}');
  assert.match(await guest.ask('guest-file-open', { path: '/dev/null' }), /has been disabled/);
  assert.ok(blocked.running);
  assert.equal(await guest.ask('guest-fsfreeze-thaw'), '{"return": 2}');
  await blocked.done;
  assert.equal(written(home), 'written\n');
  assert.deepEqual(readdirSync(`${home}/state`), ['qga.state']);
});

test('guestd thaws everything if a mount point cannot be opened', { skip }, async () => {
  using filesystems = loopFilesystems();
  const missing = filesystems.folder.file('missing');
  filesystems.listMissing(missing);
  await using guest = await Guest.start(filesystems);
  assert.equal(
    await guest.ask('guest-fsfreeze-freeze'),
    `{"error": {"class": "GenericError", "desc": "failed to open ${missing}: No such file or directory"}}`,
  );
  assert.equal(await guest.ask('guest-fsfreeze-status'), '{"return": "thawed"}');
  for (const directory of filesystems.directories) writeFileSync(`${directory}/new`, 'not blocked');
});

test('guest-fsfreeze-freeze-list freezes the listed mount points only', { skip }, async () => {
  using filesystems = loopFilesystems();
  await using guest = await Guest.start(filesystems);
  const [home = '', other = ''] = filesystems.directories;
  const ask = (mountpoints?: string[]) => guest.ask('guest-fsfreeze-freeze-list', { mountpoints });
  assert.equal(await ask([]), '{"return": 0}');
  assert.equal(await ask(['/nowhere', `${other}/`]), '{"return": 0}');
  assert.equal(await guest.ask('guest-fsfreeze-status'), '{"return": "thawed"}');
  assert.equal(await ask([other, '/nowhere', other]), '{"return": 1}');
  assert.equal(await guest.ask('guest-fsfreeze-status'), '{"return": "frozen"}');
  writeFileSync(`${home}/new`, 'not blocked');
  const blocked = writer(other);
  await blocked.blocked();
  assert.equal(
    await ask([home]),
    '{"error": {"class": "CommandNotFound", "desc": "Command guest-fsfreeze-freeze-list has been disabled: the command is not allowed"}}',
  );
  assert.equal(await guest.ask('guest-fsfreeze-thaw'), '{"return": 1}');
  await blocked.done;
  assert.equal(written(other), 'written\n');
  assert.equal(await ask(), '{"return": 2}');
  assert.equal(await guest.ask('guest-fsfreeze-thaw'), '{"return": 2}');
});

test('the hook runs after the thaw of the filesystem that it is stored on and writes to', {
  skip,
}, async () => {
  using filesystems = loopFilesystems();
  const [home = ''] = filesystems.directories;
  const told = () => readFileSync(`${home}/told`, 'utf8');
  await using guest = await Guest.start(filesystems, recordingHook(home));
  assert.equal(await guest.ask('guest-fsfreeze-freeze'), '{"return": 2}');
  assert.equal(told(), 'freeze\n');
  assert.equal(await guest.ask('guest-fsfreeze-thaw'), '{"return": 2}');
  assert.equal(told(), 'freeze\nthaw\n');
});

test('the hook of an agent that was killed while frozen runs with thaw by the next agent', {
  skip,
}, async () => {
  using filesystems = loopFilesystems();
  const [home = ''] = filesystems.directories;
  const hook = recordingHook(home);
  {
    await using guest = await Guest.start(filesystems, hook);
    await guest.ask('guest-fsfreeze-freeze');
    await guest.kill();
  }
  await using guest = await Guest.start(filesystems, hook);
  assert.equal(await guest.ask('guest-fsfreeze-thaw'), '{"return": 2}');
  assert.equal(readFileSync(`${home}/told`, 'utf8'), 'freeze\nthaw\n');
});

test('guest-fsfreeze-freeze does not count filesystems of other programs, and the thaw thaws them', {
  skip,
}, async () => {
  using filesystems = loopFilesystems();
  await using guest = await Guest.start(filesystems);
  const [, other = ''] = filesystems.directories;
  const [status] = await once(spawn('fsfreeze', ['-f', other]), 'exit');
  assert.equal(status, 0);
  assert.equal(await guest.ask('guest-fsfreeze-freeze'), '{"return": 1}');
  assert.equal(await guest.ask('guest-fsfreeze-thaw'), '{"return": 2}');
  writeFileSync(`${other}/new`, 'not blocked');
});
