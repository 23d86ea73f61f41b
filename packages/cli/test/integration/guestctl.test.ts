import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fakeAgent } from '../support/fake-agent.js';
import { fakeOnSocket } from '../support/fake-on-socket.js';
import { guestctl } from '../support/guestctl.js';
import { withGuest } from '../support/with-guest.js';

describe('guestctl call', () => {
  test('prints the return value on one line', async () => {
    const { status, out } = await withGuest(['call', 'guest-get-host-name'], {
      'guest-get-host-name': '{"return": {"host-name": "vm1"}}',
    });
    assert.equal(status, 0);
    assert.equal(out, '{"host-name": "vm1"}\n');
  });

  test('indents the return value on a terminal', async () => {
    const answers = { 'guest-x': '{"return": {"b": [1, {"a": []}], "a": "x"}}' };
    const { out } = await withGuest(['call', 'guest-x'], answers, { terminal: true });
    assert.equal(out, '{\n  "b": [\n    1,\n    {\n      "a": []\n    }\n  ],\n  "a": "x"\n}\n');
  });

  test('sends exact integers', async () => {
    const { requests, out } = await withGuest(
      ['call', 'guest-sync', '{"id": 9223372036854775807, "x": 1.5}'],
      {
        'guest-sync': '{"return": 9223372036854775807}',
      },
    );
    assert.deepEqual(requests, [
      '{"execute": "guest-sync", "arguments": {"id": 9223372036854775807, "x": 1.5}}',
    ]);
    assert.equal(out, '9223372036854775807\n');
  });

  test('keeps integers and doubles distinct in both directions', async () => {
    const numbers = '[1, 1.0, -0.0, -9223372036854775808, 18446744073709551615, 100000000000000000000.0]';
    const sent = '[1, 1.0, -0.0, -9223372036854775808, 18446744073709551615, 1e+20]';
    const { requests, out } = await withGuest(['call', 'guest-x', `{"a": ${numbers}}`], {
      'guest-x': `{"return": ${numbers}}`,
    });
    assert.deepEqual(requests, [`{"execute": "guest-x", "arguments": {"a": ${sent}}}`]);
    assert.equal(out, `${numbers}\n`);
  });

  test('reads the arguments from standard input', async () => {
    const { requests } = await withGuest(
      ['call', 'guest-x', '-'],
      { 'guest-x': '{"return": 1}' },
      { input: '{"a":\n1}\n' },
    );
    assert.deepEqual(requests, ['{"execute": "guest-x", "arguments": {"a": 1}}']);
  });

  test('uses GUESTCTL_TARGET without --to', async () => {
    await using agent = await fakeAgent({ 'guest-x': '{"return": 7}' });
    const { out } = await guestctl(['call', 'guest-x'], { env: { GUESTCTL_TARGET: agent.target } });
    assert.equal(out, '7\n');
  });

  test('prints {} for a command that does not reply on success', async () => {
    const { status, out, requests } = await withGuest(['call', 'guest-shutdown', '{"mode": "halt"}']);
    assert.equal(status, 0);
    assert.equal(out, '{}\n');
    assert.equal(requests.length, 1);
  });

  test('exits with 1 and the message of the guest when the guest returns an error', async () => {
    const { status, out, err } = await withGuest(['call', 'guest-file-close', '{"handle": 1}'], {
      'guest-file-close': '{"error": {"class": "GenericError", "desc": "handle \'1\' has not been found"}}',
    });
    assert.equal(status, 1);
    assert.equal(out, '');
    assert.equal(err, "guestctl: guest-file-close: handle '1' has not been found\n");
  });

  test('escapes control characters of the guest', async () => {
    const { err } = await withGuest(['call', 'guest-x'], {
      'guest-x': '{"error": {"class": "GenericError", "desc": "a\\u001b[2Jb\\u009bc\\u202ed"}}',
    });
    assert.equal(err, 'guestctl: guest-x: a\\u001b[2Jb\\u009bc\\u202ed\n');
    const { out } = await withGuest(['call', 'guest-x'], { 'guest-x': '{"return": "\\u001b\\u009b"}' });
    assert.equal(out, '"\\u001b\\u009b"\n');
  });

  test('exits with 4 on an invalid reply', async () => {
    const { status, err } = await withGuest(['call', 'guest-x'], { 'guest-x': '[1]' });
    assert.equal(status, 4);
    assert.match(err, /^guestctl: guest-x: invalid reply from unix:/);
  });

  test('exits with 3 when a reply times out', async () => {
    const { status, err } = await withGuest(['call', 'guest-x', '--timeout', '0.1']);
    assert.equal(status, 3);
    assert.match(err, /^guestctl: guest-x: timed out after 0.1 s\n$/);
  });

  const usageErrors = [
    [['call'], /command/],
    [['call', ''], /missing command/],
    [['call', 'guest-x', '{"a":'], /the arguments are not JSON/],
    [['call', 'guest-x', "{'a':1}"], /the arguments are not JSON/],
    [['call', 'guest-x', '[1]'], /must be a JSON object/],
    [['call', 'guest-x', '7'], /must be a JSON object/],
    [['call', 'guest-x', '{"a":"\\ud800"}'], /cannot send the arguments/],
    [['call', 'guest-x', '{"a":1e999}'], /cannot send the arguments/],
    [['call', 'guest-x', '{}', 'more'], /argument/i],
    [['call', 'guest-x', '--timeout', 'soon'], /invalid duration/],
    [['call', 'guest-x', '--timeout', '0'], /is not a duration above 0/],
    [['call', 'guest-x', '--nope'], /nope/],
    [['pong'], /unknown command "pong"; did you mean `ping`\?/],
  ] as const;
  for (const [args, reason] of usageErrors) {
    test(`exits with 2 and a reason: ${args.join(' ')}`, async () => {
      await using agent = await fakeAgent({});
      const { status, out, err } = await guestctl(args, { env: { GUESTCTL_TARGET: agent.target } });
      assert.equal(status, 2);
      assert.equal(out, '');
      assert.match(err, /^guestctl: /);
      assert.match(err, reason);
      assert.deepEqual(agent.requests, []);
    });
  }
});

describe('guestctl ping', () => {
  test('prints the target and the time', async () => {
    const { status, out } = await withGuest(['ping']);
    assert.equal(status, 0);
    assert.match(out, /^unix:\S+ answered in \d+\.\d ms\n$/);
  });

  test('exits with 3 and a remedy when the socket does not exist', async () => {
    const { status, err } = await guestctl(['ping', '--to', 'unix:/proc/nonexistent/q.sock']);
    assert.equal(status, 3);
    assert.match(
      err,
      /^guestctl: cannot open unix:\/proc\/nonexistent\/q\.sock: no such socket; is the VM running/,
    );
  });

  test('exits with 2 and explains --to when no guest is selected', async () => {
    const { status, err } = await guestctl(['ping']);
    assert.equal(status, 2);
    assert.match(err, /--to unix:PATH.*GUESTCTL_TARGET/);
  });

  test('exits with 2 for an invalid target', async () => {
    const { status, err } = await guestctl(['ping', '--to', '/run/q.sock']);
    assert.equal(status, 2);
    assert.match(err, /invalid target .*: write unix:PATH/);
  });
});

describe('guestctl info', () => {
  const answer = [
    '{"return": {"version": "10.0.13", "supported_commands": [',
    '{"enabled": true, "name": "guest-sync", "success-response": true}, ',
    '{"enabled": false, "name": "guest-exec\\u001b", "success-response": true}, ',
    '{"enabled": true, "name": "guest-shutdown", "success-response": false}]}}',
  ].join('');

  test('shows a table, sorted by name', async () => {
    const { status, out } = await withGuest(['info'], { 'guest-info': answer });
    assert.equal(status, 0);
    assert.deepEqual(out.split('\n'), [
      'Agent version 10.0.13, 3 commands',
      '',
      'COMMAND           ENABLED  ANSWERS ON SUCCESS',
      'guest-exec\\u001b  no       yes',
      'guest-shutdown    yes      no',
      'guest-sync        yes      yes',
      '',
    ]);
  });

  test('prints the unchanged return value with --json', async () => {
    const { out } = await withGuest(['info', '--json'], { 'guest-info': answer });
    assert.equal(out, `${answer.slice('{"return": '.length, -1)}\n`);
  });

  test('exits with 4 when the reply does not match the contract', async () => {
    const { status } = await withGuest(['info'], { 'guest-info': '{"return": {"version": 1}}' });
    assert.equal(status, 4);
  });
});

describe('guestctl', () => {
  test('--version prints the version of the package', async () => {
    const { status, out } = await guestctl(['--version']);
    assert.equal(status, 0);
    const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    assert.equal(out, `${/"version": "(.*)"/.exec(manifest)?.[1]}\n`);
  });

  test('--help prints the exit statuses', async () => {
    const { status, out } = await guestctl(['--help']);
    assert.equal(status, 0);
    assert.match(out, /Exit status: 0 success; 1 the guest returned an error; 2 usage error; 3 /);
  });
});

describe('guestctl and older agents', () => {
  for (const version of ['0.15', '1.0', '1.2', '2.0', '4.0', '7.2', '10.0']) {
    test(`supports the agent of QEMU ${version}`, async () => {
      await using guest = await fakeOnSocket({}, { version });
      const info = await guestctl(['info', '--to', guest.target]);
      assert.equal(info.status, 0, info.err);
      assert.ok(info.out.startsWith(`Agent version ${version}`), info.out);
      assert.match(info.out, /^guest-ping +yes +(yes|-)$/m);
      const doctor = await guestctl(['doctor', '--to', guest.target]);
      assert.equal(doctor.status, 0, doctor.out);
      const load = await guestctl(['load', '--to', guest.target]);
      if (version === '10.0') assert.equal(load.status, 0);
      else {
        assert.equal(load.status, 1);
        assert.match(
          load.err,
          /^guestctl: guest-get-load: the agent \(version .*\) does not have this command; it came with QEMU 10\.0\n$/,
        );
      }
    });
  }
});
