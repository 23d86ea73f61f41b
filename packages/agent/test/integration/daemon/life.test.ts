import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cannotReceive, receiveDatagrams } from '../../support/datagrams.js';
import { GUESTD, type GuestdFolder, guestdFolder } from '../../support/guestd.js';
import { Host } from '../../support/host.js';
import { listeningDescriptor } from '../../support/listening-descriptor.js';

const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}';
const THAW = '{"execute":"guest-fsfreeze-thaw"}';

describe('guestd', { timeout: 600_000 }, () => {
  let folder: GuestdFolder;
  beforeEach(() => {
    folder = guestdFolder();
  });

  afterEach(() => {
    // Daemons are not our children; their command lines contain the test's folder.
    for (const pid of daemons()) process.kill(pid, 'SIGKILL');
    folder[Symbol.dispose]();
  });

  const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);
  const gone = async (pid: number): Promise<void> => {
    // Only children can be waited for, so poll.
    while (isAlive(pid)) await delay(10);
  };
  const configure = (...lines: string[]) =>
    writeFileSync(folder.file('conf'), ['[general]', ...lines, ''].join('\n'));
  const read = (name: string) => readFileSync(folder.file(name), 'utf8');
  const beginFrozen = () => {
    writeFileSync(folder.file('qga.state.isfrozen'), '');
    mkdirSync(folder.file('proc/self'), { recursive: true });
    writeFileSync(folder.file('proc/self/mountinfo'), '');
  };
  /** The running processes whose command line contains the test's folder. */
  const daemons = (): number[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => commandLine(name).includes(`${folder.path}/`))
      .map(Number);
  const commandLine = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  };
  const daemonize = async (...args: string[]): Promise<number> => {
    const { code, stdout, stderr } = await folder.run(
      ...folder.options,
      '-d',
      '-f',
      folder.file('pid'),
      ...args,
    );
    assert.deepEqual({ code, stdout }, { code: 0, stdout: '' }, stderr);
    const [pid = -1, ...others] = daemons();
    assert.deepEqual(others, []);
    return pid;
  };

  describe('guestd --daemonize', () => {
    it('answers a host once the first process has exited', async () => {
      const pid = await daemonize();
      assert.equal(read('pid'), `${pid}\n`);
      using host = await folder.connect();
      assert.equal(await host.ask(PING), PONG);
      assert.equal(statSync(folder.file('pid')).mode & 0o777, 0o600);
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      assert.match(status, /^Umask:\t0077$/m);
      const [, , , , session] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, ') ').split(/ +/);
      assert.equal(Number(session), pid, 'the agent leads its own session');
      assert.equal(readlinkSync(`/proc/${pid}/cwd`), '/');
      for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), '/dev/null');
    });

    it('exits on SIGTERM and removes its pid file', async () => {
      const pid = await daemonize();
      process.kill(pid, 'SIGTERM');
      await gone(pid);
      assert.equal(existsSync(folder.file('pid')), false);
    });

    it('resolves relative paths against the first working directory', async () => {
      configure('block-rpcs=guest-info');
      const pid = await daemonize('-l', 'log', '-v', '-c', 'conf');
      process.kill(pid, 'SIGHUP');
      while (!read('log').includes('reloaded the lists')) await delay(10);
    });

    it('exits with an error if another agent holds the pid file', async () => {
      const pid = await daemonize();
      const second = await folder.run(...folder.options, '-d', '-f', folder.file('pid'));
      assert.equal(second.code, 1);
      assert.match(
        second.stderr,
        /^[\d.]+: critical: .*Cannot lock pid file: Resource temporarily unavailable \(.*\)\n$/,
      );
      assert.equal(read('pid'), `${pid}\n`);
      using host = await folder.connect();
      assert.equal(await host.ask(PING), PONG);
    });

    it('exits with an error from the first process if the channel cannot be opened', async () => {
      const pidfile = folder.file('pid');
      const { code, stderr } = await folder.run(
        '-d',
        '-f',
        pidfile,
        '-t',
        folder.path,
        '-p',
        '/nowhere/port',
      );
      assert.equal(code, 1);
      assert.match(stderr, /error opening channel '\/nowhere\/port': No such file or directory/);
      assert.equal(existsSync(pidfile), false);
    });

    it('writes the pid file after the thaw if it starts frozen', async () => {
      beginFrozen();
      const pid = await daemonize('--system-root', folder.path);
      assert.equal(existsSync(folder.file('pid')), false);
      using host = await folder.connect();
      assert.equal(await host.ask(THAW), '{"return": 0}');
      assert.equal(read('pid'), `${pid}\n`);
    });

    it('serves a socket that a service manager has opened', async () => {
      const listening = listeningDescriptor(folder.socket);
      const args = ['-d', '-f', folder.file('pid'), '-t', folder.path];
      // `exec` keeps the pid of the shell; the fourth element of `stdio` becomes descriptor 3.
      const script = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"';
      const first = spawn('/bin/sh', ['-c', script, process.execPath, GUESTD, ...args], {
        stdio: ['ignore', 'inherit', 'inherit', listening],
        env: { ...process.env, QGA_CONF: folder.file('none.conf') },
      });
      closeSync(listening);
      assert.deepEqual(await once(first, 'exit'), [0, null]);
      using host = await folder.connect();
      assert.equal(await host.ask(PING), PONG);
      assert.deepEqual(daemons(), [Number(read('pid'))]);
    });

    it('waits for a missing channel and logs it', async () => {
      const path = folder.file('later/ga.sock');
      const log = folder.file('log');
      const args = ['-m', 'unix-listen', '-p', path, '-t', folder.path, '-r', '-v', '-l', log];
      const ended = await folder.run(...args, '-d', '-f', folder.file('pid'));
      assert.equal(ended.code, 0, ended.stderr);
      while (!/warning: waiting for channel path\.\.\.$/m.test(read('log'))) await delay(10);
      assert.match(read('log'), /warning: agent stopped unexpectedly, restarting\.\.\.$/m);
      mkdirSync(folder.file('later'));
      const connected = async (): Promise<Host> => {
        for (;;) {
          const host = await Host.connect(path).catch(() => delay(10));
          if (host !== undefined) return host;
        }
      };
      using host = await connected();
      assert.equal(await host.ask(PING), PONG);
    });

    it('rejects a second agent with the same pid file', async () => {
      const { host } = await folder.serve(['-f', folder.file('pid')]);
      assert.equal(await host.ask(PING), PONG);
      assert.equal(existsSync(folder.file('pid')), false);
    });
  });

  describe('guestd on a signal', () => {
    const infoEnabled = async (ask: (request: string) => Promise<string>): Promise<boolean> =>
      (await ask('{"execute":"guest-info"}')).startsWith('{"return"');

    it('SIGHUP reloads the lists of commands, and keeps them if the file is invalid', async () => {
      configure('block-rpcs=guest-info');
      const log = folder.file('log');
      const { child, host } = await folder.serve(['-c', folder.file('conf'), '-v', '-l', log]);
      const ask = (request: string) => host.ask(request);
      const logged = async (text: string) => {
        while (!read('log').includes(text)) await delay(10);
      };
      assert.equal(await infoEnabled(ask), false);
      configure('block-rpcs=guest-get-time');
      child.kill('SIGHUP');
      await logged('reloaded');
      assert.equal(await infoEnabled(ask), true);
      configure('block-rpcs=guest-info', 'verbose=maybe');
      child.kill('SIGHUP');
      await logged(
        `error: cannot reload the lists of allowed and blocked commands, and the policy: error loading configuration from path: ${folder.file('conf')}, Key file contains key “verbose” which has a value that cannot be interpreted. (line 3, key verbose: write true or false)`,
      );
      assert.equal(await infoEnabled(ask), true);
      configure('block-rpcs=guest-inof');
      child.kill('SIGHUP');
      await logged(
        `line 2 of ${folder.file('conf')}: unknown command 'guest-inof' (did you mean 'guest-info'?)`,
      );
      assert.equal(await infoEnabled(ask), true);
    });

    it('SIGHUP changes nothing without a configuration file', async () => {
      const { child, host } = await folder.serve(['-b', 'guest-info']);
      child.kill('SIGHUP');
      assert.equal(await host.ask(PING), PONG);
      assert.equal(await infoEnabled((request) => host.ask(request)), false);
    });

    it('SIGHUP while frozen takes effect after the thaw', async () => {
      beginFrozen();
      configure();
      const { child, host } = await folder.serve(['-c', folder.file('conf'), '--system-root', folder.path]);
      const ask = (request: string) => host.ask(request);
      configure('block-rpcs=guest-info');
      child.kill('SIGHUP');
      assert.equal(await infoEnabled(ask), true);
      assert.equal(await host.ask(THAW), '{"return": 0}');
      while (await infoEnabled(ask)) await delay(10);
    });

    for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGQUIT', 'SIGALRM'] as const) {
      it(`${signal} terminates it with the status of that signal`, async () => {
        const { child, host } = await folder.serve();
        assert.equal(await host.ask(PING), PONG);
        child.kill(signal);
        assert.deepEqual(await once(child, 'exit'), [null, signal]);
        assert.doesNotMatch((await child.stderr.toArray()).join(''), /Debugger/);
      });
    }

    it('SIGPIPE is ignored, and children start with default signal handlers', async () => {
      mkdirSync(folder.file('sbin'));
      writeFileSync(
        folder.file('sbin/shutdown'),
        '#!/bin/sh\ngrep -E "^Sig(Ign|Blk)" /proc/self/status >&2\nexit 1\n',
      );
      chmodSync(folder.file('sbin/shutdown'), 0o755);
      const { child, host } = await folder.serve(['--system-root', folder.path]);
      child.kill('SIGPIPE');
      assert.equal(await host.ask(PING), PONG);
      const reply = await host.ask('{"execute":"guest-shutdown"}');
      const ignored = /SigIgn:\\t([0-9a-f]+)/.exec(reply)?.[1] ?? '';
      const blocked = /SigBlk:\\t([0-9a-f]+)/.exec(reply)?.[1] ?? '';
      assert.match(ignored, /^0+$/, reply);
      assert.match(blocked, /^0+$/, reply);
    });
  });

  describe('guestd under a service manager', { skip: cannotReceive }, () => {
    it('notifies it of readiness, reload and stop', async () => {
      const path = folder.file('notify');
      using manager = await receiveDatagrams(path);
      const child = folder.launch(folder.options, { NOTIFY_SOCKET: path });
      await manager.until(/^STATUS=Serving the host on .*\/ga\.sock\nREADY=1\n/);
      // Connects without a retry, since READY=1 promises that this succeeds.
      using host = await folder.connect();
      assert.equal(await host.ask(PING), PONG);
      assert.match(manager.text, new RegExp(`MAINPID=${child.pid}\n$`));
      child.kill('SIGHUP');
      await manager.until(/RELOADING=1\nMONOTONIC_USEC=\d+\nREADY=1\n/);
      child.kill('SIGTERM');
      await manager.until(/STOPPING=1\n/);
      assert.deepEqual(await once(child, 'exit'), [0, null]);
    });

    it('sends watchdog notifications while filesystems are frozen', async () => {
      beginFrozen();
      const path = folder.file('notify');
      using manager = await receiveDatagrams(path);
      folder.launch([...folder.options, '--system-root', folder.path], {
        NOTIFY_SOCKET: path,
        WATCHDOG_USEC: '50000',
      });
      await manager.until(/^STATUS=Filesystems are frozen\nREADY=1\nMAINPID=\d+\n(WATCHDOG=1\n){4}/);
      using host = await folder.connect();
      assert.equal(await host.ask(THAW), '{"return": 0}');
      await manager.until(/STATUS=Serving the host on .*\n(WATCHDOG=1\n)+$/);
    });

    it('writes the commands of the host to the syslog', async () => {
      mkdirSync(folder.file('dev'));
      using receiver = await receiveDatagrams(folder.file('dev/log'));
      const { host } = await folder.serve(['--system-root', folder.path, '-l', folder.file('log')]);
      await host.ask(PING);
      await host.ask('{"execute":"guest-file-open","arguments":{"path":"/dev/null"}}');
      await host.ask('{"execute":"guest-file-close","arguments":{"handle":1000}}');
      await receiver.until(/guest-file-close called, handle: 1000$/);
      assert.deepEqual(receiver.text.split(/<14>.{15} /), [
        '',
        'guestd: info: guest-ping called',
        'guestd: info: guest-file-open called, filepath: /dev/null, mode: r',
        'guestd: info: guest-file-open, handle: 1000',
        'guestd: info: guest-file-close called, handle: 1000',
      ]);
      assert.equal(read('log'), '');
    });
  });
});
