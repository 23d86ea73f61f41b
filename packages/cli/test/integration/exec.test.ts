import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Base64Data, CommandError } from '@guestwire/protocol';
import type { GuestExecArguments, GuestExecStatus } from '@guestwire/protocol/contract';
import type { FakeHandlers } from '@guestwire/testing';
import { fakeOnSocket } from '../support/fake-on-socket.js';
import { guestctl, type Outcome, type Surroundings } from '../support/guestctl.js';
import { startProgram } from '../support/program.js';

function bytes(text: string | Buffer): Base64Data {
  return Base64Data.fromBytes(Buffer.from(text));
}

/** The outcome, and the requests to run a program. */
type Run = Outcome & { readonly asked: readonly GuestExecArguments[] };

/** Runs a program in a guest where it ends with this status. */
async function run(
  args: readonly string[],
  status: Partial<GuestExecStatus>,
  surroundings: Surroundings = {},
): Promise<Run> {
  const asked: GuestExecArguments[] = [];
  const handlers: FakeHandlers = {
    'guest-exec': (args) => {
      asked.push(args);
      return { pid: 4711 };
    },
    'guest-exec-status': () => ({ exited: true, ...status }),
  };
  await using guest = await fakeOnSocket(handlers);
  const env = { ...surroundings.env, GUESTCTL_TARGET: guest.target };
  return { ...(await guestctl(['exec', ...args], { ...surroundings, env })), asked };
}

describe('guestctl exec', () => {
  test('prints both outputs and returns the exit status', async () => {
    const outcome = await run(['--', 'ls', '-l', ''], {
      exitcode: 7,
      'out-data': bytes('out\n'),
      'err-data': bytes('err\n'),
    });
    assert.equal(outcome.status, 7);
    assert.equal(outcome.out, 'out\n');
    assert.equal(outcome.err, 'err\n');
    assert.deepEqual(
      outcome.asked.map(({ path, arg, env }) => ({ path, arg, env })),
      [{ path: 'ls', arg: ['-l', ''], env: undefined }],
    );
  });

  test('exits with 128 and the signal number', async () => {
    assert.equal((await run(['x'], { signal: 9 })).status, 137);
  });

  test('exits with 255 for a larger exit code', async () => {
    assert.equal((await run(['x'], { exitcode: 3_221_225_786 })).status, 255);
  });

  test('passes standard input unchanged', async () => {
    const input = Buffer.from([0, 255, 10, 13, 27]);
    const { asked } = await run(['x'], { exitcode: 0 }, { input });
    assert.deepEqual(asked[0]?.['input-data']?.decode(), input);
  });

  test('ignores standard input with --no-input or at a terminal', async () => {
    const alone = await run(['--no-input', 'x'], { exitcode: 0 }, { input: 'abc' });
    const person = await run(['x'], { exitcode: 0 }, { input: 'abc', secrets: [] });
    const asked = await run(['-i', 'x'], { exitcode: 0 }, { input: 'abc', secrets: [] });
    assert.equal(alone.asked[0]?.['input-data'], undefined);
    assert.equal(person.asked[0]?.['input-data'], undefined);
    assert.equal(asked.asked[0]?.['input-data']?.decode().toString(), 'abc');
  });

  test('sets environment variables, and a default PATH', async () => {
    const some = await run(['-e', 'A=1', '--env', 'B=x=y', 'x'], { exitcode: 0 });
    assert.deepEqual(some.asked[0]?.env, [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'A=1',
      'B=x=y',
    ]);
    const own = await run(['-e', 'PATH=/x', 'x'], { exitcode: 0 });
    assert.deepEqual(own.asked[0]?.env, ['PATH=/x']);
  });

  test('rejects a variable without a value, and a missing program', async () => {
    for (const args of [['-e', 'A', 'x'], ['-e', '=1', 'x'], []]) {
      const { status, asked } = await run(args, {});
      assert.equal(status, 2);
      assert.deepEqual(asked, []);
    }
  });

  test('warns about truncated output', async () => {
    const { status, err } = await run(['x'], { exitcode: 0, 'out-truncated': true });
    assert.equal(status, 0);
    assert.match(err, /^guestctl: unix:.*: stdout truncated by the agent\n$/);
  });

  test('escapes control characters on a terminal', async () => {
    const output = { exitcode: 0, 'out-data': bytes('a\tb\r\n\u001b[2J\u202e東\n') };
    assert.equal((await run(['x'], output, { terminal: true })).out, 'a\tb\r\n\\u001b[2J\\u202e東\n');
    assert.equal((await run(['x'], output)).out, 'a\tb\r\n\u001b[2J\u202e東\n');
  });

  test('prints one document with --json, binary output in base64', async () => {
    const { status, out, err } = await run(['--json', 'x'], {
      exitcode: 3,
      'out-data': bytes('a\n'),
      'err-data': bytes(Buffer.from([255])),
      'err-truncated': true,
    });
    assert.equal(status, 3);
    assert.deepEqual(JSON.parse(out), {
      exitCode: 3,
      stdout: 'a\n',
      stderrBase64: '/w==',
      truncated: { stdout: false, stderr: true },
    });
    assert.match(err, /stderr truncated/);
  });

  test('fails with 1 when the program cannot be started', async () => {
    await using guest = await fakeOnSocket({
      'guest-exec': () => {
        throw new CommandError('No such file or directory');
      },
    });
    const { status, err } = await guestctl(['exec', '--to', guest.target, 'nope']);
    assert.equal(status, 1);
    assert.equal(err, 'guestctl: guest-exec: No such file or directory\n');
  });

  test('fails with 3 when the program takes longer than --timeout', async () => {
    await using guest = await fakeOnSocket({
      // The kill command exits at once.
      'guest-exec': ({ path }) => ({ pid: path === 'sleep' ? 1 : 2 }),
      'guest-exec-status': ({ pid }) => (pid === 1 ? { exited: false } : { exited: true, exitcode: 0 }),
    });
    const { status, err } = await guestctl(['exec', '--timeout', '1s', '--to', guest.target, 'sleep', '9']);
    assert.equal(status, 3);
    assert.equal(err, 'guestctl: guest-exec sleep: timed out after 1 s\n');
  });

  test('labels the outputs of several guests, and exits with the highest status', async () => {
    const handlers = (exitcode: number): FakeHandlers => ({
      'guest-exec': () => ({ pid: 1 }),
      'guest-exec-status': () => ({
        exited: true,
        exitcode,
        'out-data': bytes(`${exitcode}\n`),
        'err-data': bytes('bad\nvery bad\n'),
      }),
    });
    await using one = await fakeOnSocket(handlers(0));
    await using two = await fakeOnSocket(handlers(5));
    const { status, out, err } = await guestctl(['exec', '--to', one.target, '--to', two.target, 'x']);
    assert.equal(status, 5);
    assert.deepEqual(out.split('\n').sort(), ['', `${one.target}: 0`, `${two.target}: 5`].sort());
    for (const { target } of [one, two]) {
      assert.ok(err.includes(`${target}: bad\n${target}: very bad\n`), err);
    }
    assert.match(err, /2 guests: 1 done, 1 failed/);
  });

  test('ignores a socket as standard input without data, with a hint', async () => {
    await using guest = await fakeOnSocket();
    // Node gives its children sockets; this one is never closed.
    const { end } = startProgram(['exec', '--to', guest.target, 'true']);
    const { status, err } = await end;
    assert.equal(status, 0);
    assert.match(err, /^guestctl: exec: no data on standard input for 3 s, .*; use -i to wait for it\n$/);
    const request = guest.fake.requests.find(({ name }) => name === 'guest-exec');
    assert.ok(request);
    assert.equal(request.args.get('input-data'), undefined);
  });

  test('waits for standard input with -i until interrupted', async () => {
    await using guest = await fakeOnSocket();
    const program = startProgram(['exec', '-i', '--to', guest.target, 'true']);
    await program.printed(/reading standard input to its end; use --no-input to ignore it/);
    program.child.kill('SIGTERM');
    assert.equal((await program.end).status, 143);
    assert.deepEqual(guest.fake.commands, []);
  });
});
