// Runs guestctl as a separate process: the guest must be thawed in every case.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type FakeHandlers, failWith } from '@guestwire/testing';
import { fakeOnSocket } from '../support/fake-on-socket.js';
import { guestctl } from '../support/guestctl.js';
import { startProgram } from '../support/program.js';

/** Returns the freeze and thaw requests, without status requests. */
function done(commands: readonly string[]): readonly string[] {
  return commands
    .filter((name) => /^guest-fsfreeze-(freeze|freeze-list|thaw)$/.test(name))
    .map((name) => name.replace('guest-fsfreeze-', ''));
}

/** Handlers of a guest, and a promise of its thaw. */
function freezable(): { readonly handlers: FakeHandlers; readonly thawed: Promise<void> } {
  let frozen = false;
  let thaw = (): void => {};
  const thawed = new Promise<void>((resolve) => {
    thaw = resolve;
  });
  const handlers: FakeHandlers = {
    'guest-fsfreeze-freeze': () => {
      frozen = true;
      return 2;
    },
    'guest-fsfreeze-status': () => (frozen ? 'frozen' : 'thawed'),
    'guest-fsfreeze-thaw': () => {
      frozen = false;
      thaw();
      return 2;
    },
  };
  return { handlers, thawed };
}

describe('guestctl freeze -- COMMAND', () => {
  test('runs the command while the guest is frozen, and exits with its status', async () => {
    await using guest = await fakeOnSocket();
    const { end } = startProgram(['freeze', '--to', guest.target, '--', 'sh', '-c', 'echo hi; exit 3']);
    const { status, out, err } = await end;
    assert.equal(status, 3);
    assert.equal(out, 'hi\n');
    assert.match(err, /^guestctl: unix:.*: 2 filesystems frozen\nguestctl: unix:.*: thawed after .*\n$/);
    assert.deepEqual(done(guest.fake.commands), ['freeze', 'thaw']);
  });

  test('thaws when the command cannot be run', async () => {
    await using guest = await fakeOnSocket();
    const { status, err } = await startProgram(['freeze', '--to', guest.target, '--', '/nonexistent']).end;
    assert.equal(status, 2);
    assert.match(err, /guestctl: cannot run \/nonexistent: /);
    assert.deepEqual(done(guest.fake.commands), ['freeze', 'thaw']);
  });

  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    test(`thaws on ${signal}, and forwards it to the command and its children`, async () => {
      await using guest = await fakeOnSocket();
      const program = startProgram([
        'freeze',
        '--to',
        guest.target,
        '--',
        'sh',
        '-c',
        'echo runs >&2; sleep 600; true',
      ]);
      await program.printed(/^runs$/m);
      program.child.kill(signal);
      const { status, err } = await program.end;
      assert.equal(status, expected);
      assert.match(err, /thawed after/);
      assert.deepEqual(done(guest.fake.commands), ['freeze', 'thaw']);
    });
  }

  test('kills a command that ignores SIGTERM on the second signal, and thaws', async () => {
    const { handlers, thawed } = freezable();
    await using guest = await fakeOnSocket(handlers);
    const program = startProgram([
      'freeze',
      '--to',
      guest.target,
      '--',
      'sh',
      '-c',
      "trap '' TERM; echo runs >&2; while :; do sleep 600; done",
    ]);
    await program.printed(/^runs$/m);
    program.child.kill('SIGTERM');
    // The thaw does not wait for the command.
    await thawed;
    program.child.kill('SIGTERM');
    const { status } = await program.end;
    assert.equal(status, 143);
    assert.deepEqual(done(guest.fake.commands), ['freeze', 'thaw']);
  });

  test('exits with 1 when --for ends before the command', async () => {
    const { handlers, thawed } = freezable();
    await using guest = await fakeOnSocket(handlers);
    const script = 'while ! [ -e "$0" ]; do sleep 0.05; done';
    const marker = `${guest.target.slice('unix:'.length)}.thawed`;
    const program = startProgram([
      'freeze',
      '--for',
      '1s',
      '--to',
      guest.target,
      '--',
      'sh',
      '-c',
      script,
      marker,
    ]);
    await thawed;
    writeFileSync(marker, '');
    const { status, err } = await program.end;
    assert.equal(status, 1);
    assert.match(err, /2 filesystems frozen, for at most 1.0 s\n/);
    assert.match(err, /thawed after .*, the time of --for, before the command ended, so /);
  });

  test('exits with 1 when the guest was thawed by something else', async () => {
    await using guest = await fakeOnSocket({
      'guest-fsfreeze-freeze': () => 2,
      'guest-fsfreeze-status': () => 'thawed',
    });
    const { status, err } = await startProgram(['freeze', '--to', guest.target, '--', 'true']).end;
    assert.equal(status, 1);
    assert.match(err, /thawed by something else \(watchdog, .*\), before the command ended/);
  });

  test('does not run the command when the guest cannot be frozen', async () => {
    await using guest = await fakeOnSocket({ 'guest-fsfreeze-freeze': failWith('no') });
    const { status, out } = await startProgram(['freeze', '--to', guest.target, '--', 'echo', 'ran']).end;
    assert.equal(status, 1);
    assert.equal(out, '');
  });

  test('freezes all guests or none', async () => {
    await using one = await fakeOnSocket();
    await using two = await fakeOnSocket({ 'guest-fsfreeze-freeze': failWith('no') });
    await using three = await fakeOnSocket();
    const to = (...guests: readonly { readonly target: string }[]): string[] =>
      guests.flatMap(({ target }) => ['--to', target]);
    const none = await startProgram(['freeze', ...to(one, two), '--', 'echo', 'ran']).end;
    assert.equal(none.status, 1);
    assert.equal(none.out, '');
    assert.ok(none.err.includes(`guestctl: ${two.target}: guest-fsfreeze-freeze: no\n`), none.err);
    assert.deepEqual(done(one.fake.commands), ['freeze', 'thaw']);
    const all = await startProgram(['freeze', '--json', ...to(one, three), '--', 'sh', '-c', 'echo ran']).end;
    assert.equal(all.status, 0);
    assert.match(all.err, /^ran$/m);
    const lines = all.out
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    assert.equal(lines.length, 2);
    assert.match(
      JSON.stringify(lines[0]),
      /^\{"target":"unix:.*","status":0,"result":\{"filesystems":2,"by":"us","milliseconds":[\d.]+,"command":\{"exitCode":0\}\}\}$/,
    );
  });

  test('freezes only the given mount points', async () => {
    await using guest = await fakeOnSocket();
    await startProgram(['freeze', '--mount', '/srv', '--mount', '/var', '--to', guest.target, '--', 'true'])
      .end;
    const request = guest.fake.requests.find(({ name }) => name === 'guest-fsfreeze-freeze-list');
    assert.deepEqual(request?.args.get('mountpoints'), ['/srv', '/var']);
  });
});

describe('guestctl freeze without a command', () => {
  test('freezes the guest for the time of --for', async () => {
    await using guest = await fakeOnSocket();
    const { status, err } = await guestctl(['freeze', '--for', '1s', '--to', guest.target]);
    assert.equal(status, 0);
    assert.match(err, /2 filesystems frozen, for at most 1.0 s\nguestctl: unix:.*: thawed after/);
    assert.deepEqual(done(guest.fake.commands), ['freeze', 'thaw']);
  });

  test('thaws on SIGINT before the time of --for', async () => {
    await using guest = await fakeOnSocket();
    const program = startProgram(['freeze', '--for', '10m', '--to', guest.target]);
    await program.printed(/frozen/);
    program.child.kill('SIGINT');
    const { status } = await program.end;
    assert.equal(status, 130);
    assert.deepEqual(done(guest.fake.commands), ['freeze', 'thaw']);
  });

  test('leaves the guest frozen without --for, and prints how to thaw it', async () => {
    await using guest = await fakeOnSocket();
    const { status, out } = await guestctl(['freeze', '--to', guest.target]);
    assert.equal(status, 0);
    assert.equal(out, `2 filesystems frozen; to thaw: guestctl thaw --to ${guest.target}\n`);
    assert.deepEqual(done(guest.fake.commands), ['freeze']);
  });

  test('thaws after a freeze whose reply timed out', async () => {
    await using guest = await fakeOnSocket({
      // The agent processes the thaw after the late freeze.
      'guest-fsfreeze-freeze': () => new Promise((resolve) => setTimeout(() => resolve(2), 1500)),
      'guest-fsfreeze-thaw': () => 2,
    });
    const { status, err } = await guestctl(['freeze', '--timeout', '1s', '--to', guest.target]);
    assert.equal(status, 3);
    assert.match(err, /timed out after 1 s/);
    assert.deepEqual(done(guest.fake.commands), ['freeze', 'thaw']);
  });
});
