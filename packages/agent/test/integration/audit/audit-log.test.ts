import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cannotReceive, receiveDatagrams } from '../../support/datagrams.js';
import { type Guestd, type GuestdFolder, guestdFolder } from '../../support/guestd.js';
import { until } from '../../support/until.js';

type AuditEntry = Readonly<Record<string, unknown>>;

const PING = '{"execute":"guest-ping"}';

/** A folder with an empty list of mounts, and what the tests need to know of its audit log. */
function auditFolder() {
  const folder = guestdFolder();
  mkdirSync(folder.file('proc/self'), { recursive: true });
  writeFileSync(folder.file('proc/self/mountinfo'), '');
  const log = folder.file('audit.log');
  return {
    ...folder,
    log,
    serve: (...args: string[]) => folder.serve(['--system-root', folder.path, `--audit-log=${log}`, ...args]),
    verify: (...files: string[]) => folder.run('audit', 'verify', ...files),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

function entriesOf(file: string): AuditEntry[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Commands and events, in their order. */
function subjects(file: string): unknown[] {
  return entriesOf(file).map(({ command, event }) => command ?? event);
}

async function stop(child: Guestd): Promise<void> {
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
}

async function refusesToStart(folder: GuestdFolder, option: string, message: RegExp): Promise<void> {
  const { code, stderr } = await folder.run(...folder.options, option);
  assert.equal(code, 1);
  assert.match(stderr, message);
}

test('guestd writes an audit log with one entry for each command, readable for its user only', async () => {
  using folder = auditFolder();
  const { child, host } = await folder.serve('--block-rpcs=guest-get-load');
  await host.ask(PING);
  await host.ask(
    '{"execute":"guest-set-user-password","arguments":{"username":"x","password":"c2VjcmV0cw=="}}',
  );
  await host.ask('{"execute":"guest-get-load"}');
  await host.ask('{"execute":"guest-\\u202e\\n"}');
  await host.ask('{"execute":"guest-file-close","arguments":{"handle":5}}');
  await stop(child);
  const text = readFileSync(folder.log, 'utf8');
  assert.equal(statSync(folder.log).mode & 0o777, 0o600);
  assert.match(text, /^[\x20-\x7e\n]*$/);
  assert.equal(text.includes('c2VjcmV0cw'), false);
  const commands = entriesOf(folder.log).filter(({ command }) => command !== undefined);
  assert.deepEqual(
    commands.map(({ command, verdict, result, reason }) => [command, verdict, result, reason]),
    [
      ['guest-ping', 'allowed', 'ok', undefined],
      ['guest-set-user-password', 'invalid', 'GenericError', undefined],
      [
        'guest-get-load',
        'refused',
        'CommandNotFound',
        'Command guest-get-load has been disabled: the command is not allowed',
      ],
      ['guest-\u202e\n', 'unknown', 'CommandNotFound', undefined],
      ['guest-file-close', 'allowed', 'GenericError', undefined],
    ],
  );
  const [ping = {}] = commands;
  assert.match(`${ping['time']}`, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.equal(ping['channel'], 'unix-listen');
  const { pid, getuid, getgid } = process;
  assert.deepEqual(ping['peer'], { kind: 'unix', pid, uid: getuid?.(), gid: getgid?.() });
  assert.ok(Number.isInteger(ping['duration_us']));
  const { code, stdout } = await folder.verify(folder.log);
  assert.equal(code, 0);
  assert.match(stdout, /^OK: 7 entries, last hash [0-9a-f]{64}\n$/);
});

test('guestd continues the chain of an audit log, also after an incomplete line', async () => {
  using folder = auditFolder();
  for (const rest of ['', '{"time":"2026']) {
    const { child, host } = await folder.serve();
    await host.ask(PING);
    await stop(child);
    appendFileSync(folder.log, rest);
  }
  const { child } = await folder.serve();
  await stop(child);
  const { code, stdout } = await folder.verify('--json', folder.log);
  assert.equal(code, 0);
  const { ok, entries } = JSON.parse(stdout);
  assert.deepEqual([ok, entries], [true, 9]);
});

test('guestd opens a renamed audit log again at SIGHUP, and links the new file to it', async () => {
  using folder = auditFolder();
  const { child, host } = await folder.serve();
  await host.ask(PING);
  const old = folder.file('audit.log.1');
  renameSync(folder.log, old);
  child.kill('SIGHUP');
  await until(() => existsSync(folder.log));
  await host.ask('{"execute":"guest-get-host-name"}');
  await stop(child);
  assert.deepEqual(subjects(folder.log).slice(-2), ['guest-get-host-name', 'stopped']);
  assert.equal((await folder.verify(old, folder.log)).code, 0);
  assert.match(
    (await folder.verify(folder.log)).stdout,
    /; it continues a log that ended with [0-9a-f]{64}\n$/,
  );
  const wrong = await folder.verify(folder.log, old);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /^broken: .*audit\.log\.1, line 1: it does not follow the line before/);
});

test('guestd keeps entries in memory while filesystems are frozen', async () => {
  using folder = auditFolder();
  writeFileSync(folder.file('qga.state.isfrozen'), '');
  const { child, host } = await folder.serve();
  await host.ask(PING);
  await host.ask('{"execute":"guest-fsfreeze-status"}');
  assert.equal(existsSync(folder.log), false);
  await host.ask('{"execute":"guest-fsfreeze-thaw"}');
  await stop(child);
  assert.deepEqual(subjects(folder.log), [
    'started',
    'guest-ping',
    'guest-fsfreeze-status',
    'guest-fsfreeze-thaw',
    'stopped',
  ]);
  assert.equal((await folder.verify(folder.log)).code, 0);
});

test('guestd refuses to start with an audit log that it cannot trust', async () => {
  using folder = guestdFolder();
  const path = folder.file('audit.log');
  const option = `--audit-log=${path}`;
  symlinkSync(folder.file('elsewhere'), path);
  await refusesToStart(folder, option, /cannot open the audit log .*: it is a symbolic link/);
  assert.equal(existsSync(folder.file('elsewhere')), false);
  writeFileSync(folder.file('foreign'), 'no entry\n', { mode: 0o600 });
  await refusesToStart(folder, `--audit-log=${folder.file('foreign')}`, /it is not an audit log/);
  assert.equal(readFileSync(folder.file('foreign'), 'utf8'), 'no entry\n');
  writeFileSync(folder.file('open'), '');
  chmodSync(folder.file('open'), 0o666);
  await refusesToStart(folder, `--audit-log=${folder.file('open')}`, /other users can write to it/);
  await refusesToStart(folder, '--audit-log=/dev/null', /it is not a regular file/);
  await refusesToStart(folder, `--audit-log=${folder.file('none/audit.log')}`, /No such file or directory/);
});

test('guestd audit is a command only as the first word, and reports usage errors with status 2', async () => {
  using folder = guestdFolder();
  for (const args of [
    [],
    ['verify'],
    ['check', 'x'],
    ['verify', '--x', 'y'],
    ['verify', folder.file('none')],
  ]) {
    const { code, stdout, stderr } = await folder.run('audit', ...args);
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, /^guestd: .+\n$/);
  }
  assert.match((await folder.run('audit', '--help')).stdout, /^Usage: guestd audit verify/);
  // qemu-ga ignores such words elsewhere.
  assert.match((await folder.run('-V', 'audit')).stdout, /^QEMU Guest Agent/);
});

test('guestd refuses an audit log that another agent writes', async () => {
  using folder = auditFolder();
  await folder.serve();
  using other = guestdFolder();
  await refusesToStart(other, `--audit-log=${folder.log}`, /another process writes to it/);
});

test('guestd keeps its audit log to itself when a host opens and closes it', async () => {
  using folder = auditFolder();
  const { host } = await folder.serve();
  const open = { execute: 'guest-file-open', arguments: { path: folder.log } };
  assert.equal(await host.ask(JSON.stringify(open)), '{"return": 1000}');
  assert.equal(
    await host.ask('{"execute":"guest-file-close","arguments":{"handle":1000}}'),
    '{"return": {}}',
  );
  using other = guestdFolder();
  await refusesToStart(other, `--audit-log=${folder.log}`, /another process writes to it/);
});

test('guestd with audit-failure=refuse refuses commands without a journal, but those that a thaw needs', {
  skip: cannotReceive,
}, async () => {
  using folder = guestdFolder();
  mkdirSync(folder.file('run/systemd/journal'), { recursive: true });
  const options = ['--system-root', folder.path, '--audit-log=journald', '--audit-failure=refuse'];
  const { child, host } = await folder.serve(options);
  const name = '{"execute":"guest-get-host-name"}';
  // The first entry, that of the start, cannot be sent.
  let reply = await host.ask(name);
  while (!reply.includes('error')) reply = await host.ask(name);
  assert.equal(
    reply,
    '{"error": {"class": "GenericError", "desc": "refused, since the audit log cannot be written; see the log of the agent"}}',
  );
  assert.equal(await host.ask(PING), '{"return": {}}');
  assert.equal(await host.ask('{"execute":"guest-fsfreeze-status"}'), '{"return": "thawed"}');
  using journal = await receiveDatagrams(folder.file('run/systemd/journal/socket'));
  while (reply.includes('error')) {
    // Each refused command is an entry, too: the queue must become shorter.
    await delay(20);
    reply = await host.ask(name);
  }
  await journal.until(
    /^MESSAGE=guest-fsfreeze-status: allowed, ok\nMESSAGE_ID=[0-9a-f]{32}\nPRIORITY=6\nSYSLOG_IDENTIFIER=guestd\n/m,
  );
  await journal.until(/^GUESTD_VERDICT=refused\nGUESTD_RESULT=GenericError\nGUESTD_REASON=refused, since/m);
  await journal.until(/^GUESTD_EVENT=started\n/m);
  assert.match(
    `${(await stopAndRead(child)).join('')}`,
    /cannot write to the audit log: cannot send to the journal/,
  );
});

async function stopAndRead(child: Guestd): Promise<unknown[]> {
  const text = child.stderr.toArray();
  await stop(child);
  return text;
}
