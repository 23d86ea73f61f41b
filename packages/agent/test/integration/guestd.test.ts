import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { VERSION } from '../../src/version.js';
import { type GuestdFolder, guestdFolder } from '../support/guestd.js';
import { Host } from '../support/host.js';
import { standIns } from '../support/stand-ins.js';
import { until } from '../support/until.js';

describe('guestd', () => {
  let folder: GuestdFolder;
  let socket: string;

  beforeEach(() => {
    folder = guestdFolder();
    socket = folder.socket;
  });

  afterEach(() => folder[Symbol.dispose]());

  const run = (...args: string[]) => folder.run(...args);
  const serve = (...args: string[]) => folder.serve(args);

  const oneLine = (text: string, pattern: RegExp) => {
    assert.equal(text.trimEnd().split('\n').length, 1, text);
    assert.match(text, pattern);
  };

  it('serves a socket, exits with status 0 at SIGTERM, and keeps the socket file', async () => {
    const { child, host } = await serve();
    assert.equal(await host.ask('{"execute":"guest-ping"}'), '{"return": {}}');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal(existsSync(socket), true);
  });

  it('exits with status 0 at SIGINT with an open file and a pending request', async () => {
    const { child, host } = await serve();
    assert.equal(
      await host.ask('{"execute":"guest-file-open","arguments":{"path":"/dev/zero"}}'),
      '{"return": 1000}',
    );
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('exits at SIGTERM while one of its threads is blocked', async () => {
    // The mount list is a FIFO without a writer: opening it for reading blocks.
    mkdirSync(folder.file('proc/self'), { recursive: true });
    execFileSync('mkfifo', [folder.file('proc/self/mounts')]);
    const { child, host } = await serve('--system-root', folder.path, '-v');
    host.send('{"execute":"guest-get-fsinfo"}');
    let log = '';
    while (!log.includes('processing command guest-get-fsinfo')) {
      const [chunk]: Buffer[] = await once(child.stderr, 'data');
      log += chunk;
    }
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit', { signal: AbortSignal.timeout(10_000) }), [0, null]);
  });

  it('ignores SIGTERM and SIGINT while it is frozen', async () => {
    writeFileSync(folder.file('qga.state.isfrozen'), '');
    mkdirSync(folder.file('proc/self'), { recursive: true });
    writeFileSync(folder.file('proc/self/mountinfo'), '');
    const { child, host } = await serve('--system-root', folder.path);
    child.kill('SIGTERM');
    child.kill('SIGINT');
    assert.equal(await host.ask('{"execute":"guest-fsfreeze-status"}'), '{"return": "frozen"}');
    assert.equal(await host.ask('{"execute":"guest-fsfreeze-thaw"}'), '{"return": 0}');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  it('exits at a signal during the freeze hook only after the hook has run with thaw', async () => {
    using stand = standIns();
    // A root with nothing mounted: nothing of this machine can be frozen by mistake.
    stand.file('proc/self/mountinfo', '');
    const told = stand.folder.file('told');
    const gate = stand.folder.file('gate');
    execFileSync('mkfifo', [gate]);
    stand.script('hook', `echo $1 >> ${told}; [ $1 = thaw ] || read -r line < ${gate}`);
    const { child, host } = await serve('--system-root', stand.root, `-F${stand.folder.file('hook')}`);
    host.send('{"execute":"guest-fsfreeze-freeze"}');
    await until(() => existsSync(told));
    child.kill('SIGTERM');
    // The agent hangs up first, then waits for the hook.
    await host.rest();
    assert.equal(child.exitCode, null);
    writeFileSync(gate, 'go\n');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal(readFileSync(told, 'utf8'), 'freeze\nthaw\n');
  });

  it('thaws when the freeze timeout expires', async () => {
    writeFileSync(folder.file('qga.state.isfrozen'), '');
    mkdirSync(folder.file('proc/self'), { recursive: true });
    writeFileSync(folder.file('proc/self/mountinfo'), '');
    const { host } = await serve('--system-root', folder.path, '--freeze-timeout', '1');
    let status = '';
    while (status !== '{"return": "thawed"}') status = await host.ask('{"execute":"guest-fsfreeze-status"}');
    assert.equal(existsSync(folder.file('qga.state.isfrozen')), false);
  });

  it('starts frozen without opening its log file, and opens it after the thaw', async () => {
    writeFileSync(folder.file('qga.state.isfrozen'), '');
    mkdirSync(folder.file('proc/self'), { recursive: true });
    writeFileSync(folder.file('proc/self/mountinfo'), '');
    const log = folder.file('log');
    const { host } = await serve('--system-root', folder.path, '-v', '-l', log);
    assert.equal(existsSync(log), false);
    await host.ask('{"execute":"guest-fsfreeze-thaw"}');
    assert.match(readFileSync(log, 'utf8'), /^\d+\.\d{6}: warning: logging re-enabled/);
    assert.equal(statSync(log).mode & 0o777, 0o600);
  });

  it('replies to all requests of a host that has closed its sending side', async () => {
    const { host } = await serve();
    host.socket.end('{"execute":"guest-ping"}'.repeat(3));
    assert.equal(await host.rest(), '{"return": {}}\n'.repeat(3));
  });

  it('uses no more memory for a host that sends requests and never reads', async () => {
    const { child, host } = await serve();
    const resident = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
    host.send('{"execute":"guest-ping"}');
    await host.line();
    host.socket.pause();
    const before = resident();
    // Long answers to short questions, and far more than sockets hold.
    const request = Buffer.from(`{"execute":"guest-info"}`.repeat(1000));
    let stalled = false;
    for (let i = 0; i < 100 && !stalled; i += 1) {
      if (host.socket.write(request)) continue;
      stalled = await Promise.race([once(host.socket, 'drain').then(() => false), delay(500, true)]);
    }
    assert.equal(stalled, true, 'the agent kept reading');
    assert.ok(resident() - before < 48 * 1024, `${before} KiB became ${resident()} KiB`);
    using other = host;
    other.socket.destroy();
    using next = await Host.connect(socket);
    // What the first host has left half-sent ends here.
    next.send('\xff{"execute":"guest-sync-delimited","arguments":{"id":9}}');
    while ((await next.line()) !== '\xff{"return": 9}');
  });

  it('prints help and version on standard output', async () => {
    const help = await run('--help');
    assert.equal(help.code, 0);
    assert.match(help.stdout, /^Usage: guestd /);
    assert.deepEqual(await run('-V'), {
      code: 0,
      stdout: `QEMU Guest Agent ${VERSION} (Guestwire)\n`,
      stderr: '',
    });
  });

  it('prints a long configuration completely to a slow reader', async () => {
    const config = folder.file('conf');
    const path = `/${'x'.repeat(3_000_000)}`;
    writeFileSync(config, `[general]\npath=${path}\n`);
    const { code, stdout } = await run('-D', '-c', config);
    assert.equal(code, 0);
    assert.equal(stdout.length > path.length, true);
    assert.match(stdout, /\nallow-rpcs=\n$/);
  });

  it('prints the names of its commands in schema order', async () => {
    const { code, stdout } = await run('-b', 'help');
    assert.equal(code, 0);
    assert.match(stdout, /^guest-sync-delimited\nguest-sync\nguest-ping\n/);
    assert.equal(stdout.trimEnd().split('\n').length, new Set(stdout.trimEnd().split('\n')).size);
  });

  it('reports an unknown option as getopt does, and points to the help', async () => {
    assert.deepEqual(await run('--bogus'), {
      code: 1,
      stdout: "Unknown option, try 'guestd --help' for more information.\n",
      stderr: "guestd: unrecognized option '--bogus'\nguestd: unrecognized option '--bogus'\n",
    });
  });

  it('reports a missing device in one line, and exits with status 1', async () => {
    const { code, stderr } = await run('-p', '/nowhere/port', '-t', folder.path);
    assert.equal(code, 1);
    oneLine(
      stderr,
      /^\d+\.\d{6}: critical: error initializing guest agent: error opening channel '\/nowhere\/port': No such file or directory \(.*--path/,
    );
  });

  it('rejects an unknown method in one line', async () => {
    const { code, stderr } = await run('-m', 'bogus', '-p', socket, '-t', folder.path);
    assert.equal(code, 1);
    oneLine(
      stderr,
      /^\d+\.\d{6}: critical: error initializing guest agent: unsupported channel method\/type: bogus \(--method is one of virtio-serial/,
    );
  });

  it('reports a missing socket folder in one line', async () => {
    const { code, stderr } = await run('-m', 'unix-listen', '-p', '/nowhere/ga.sock', '-t', folder.path);
    assert.equal(code, 1);
    oneLine(
      stderr,
      /^\d+\.\d{6}: critical: error initializing guest agent: Failed to bind socket to \/nowhere\/ga\.sock: No such file or directory \(create/,
    );
  });

  it('reports a missing state folder in one line', async () => {
    const { code, stderr } = await run('-m', 'unix-listen', '-p', socket, '-t', '/nowhere');
    assert.equal(code, 1);
    oneLine(stderr, /\/nowhere\/qga\.state/);
  });

  it('reports a log file that cannot be opened in one line', async () => {
    const { code, stderr } = await run(
      '-m',
      'unix-listen',
      '-p',
      socket,
      '-t',
      folder.path,
      '-l',
      '/nowhere/log',
    );
    assert.equal(code, 1);
    oneLine(
      stderr,
      /^\d+\.\d{6}: critical: error initializing guest agent: unable to open specified log file: No such file or directory \(.*\/nowhere\/log/,
    );
  });

  it('logs the reason of a failed startup in the log file, too', async () => {
    const log = folder.file('log');
    await run('-m', 'unix-listen', '-p', '/nowhere/ga.sock', '-t', folder.path, '-l', log);
    assert.deepEqual(
      readFileSync(log, 'utf8')
        .replaceAll(/^\d+\.\d{6}: /gm, '')
        .split('\n'),
      [
        'critical: Failed to bind socket to /nowhere/ga.sock: No such file or directory',
        'critical: failed to create guest agent channel',
        'critical: failed to initialize guest agent channel',
        'critical: error initializing guest agent',
        '',
      ],
    );
  });

  it('leaves an invalid state file unchanged', async () => {
    writeFileSync(folder.file('qga.state'), 'garbage\n');
    const { code, stderr } = await run('-m', 'unix-listen', '-p', socket, '-t', folder.path);
    assert.equal(code, 1);
    oneLine(stderr, /error loading persistent state from path/);
    assert.equal(readFileSync(folder.file('qga.state'), 'utf8'), 'garbage\n');
  });
});
