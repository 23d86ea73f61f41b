import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { GUESTD, type GuestdFolder, guestdFolder } from '../../support/guestd.js';

const PING = '{"execute":"guest-ping"}';
const PONG = '{"return": {}}';

describe('the log of guestd', { timeout: 600_000 }, () => {
  let folder: GuestdFolder;

  beforeEach(() => {
    folder = guestdFolder();
  });

  afterEach(() => folder[Symbol.dispose]());

  /** Starts guestd by a shell, which first runs `setup`; `$@` are guestd and its arguments. */
  const serveAfter = async (setup: string, ...args: string[]) => {
    const command = [process.execPath, GUESTD, ...folder.options, '-v', ...args];
    const child = spawn('/bin/sh', ['-c', `${setup}; exec "$@"`, 'sh', ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return { child, host: await folder.connect() };
  };

  /** Makes the agent log many lines, and checks that it then ends as usual. */
  const outlives = async ({ child, host }: Awaited<ReturnType<typeof serveAfter>>): Promise<void> => {
    for (let line = 0; line < 30; line++) assert.equal(await host.ask(PING), PONG);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  };

  it('loses lines beyond the largest size of a file', async () => {
    const file = folder.file('log');
    await outlives(await serveAfter('ulimit -f 1', '-l', file));
    // The unit of ulimit is 512 bytes in dash and 1024 in bash.
    assert.ok([512, 1024].includes(statSync(file).size));
  });

  it('loses lines on a full disk', async () => {
    await outlives(await serveAfter(':', '-l', '/dev/full'));
  });

  it('loses lines after the reader of standard error has gone', async () => {
    const started = await serveAfter(':');
    started.child.stderr.destroy();
    await outlives(started);
  });

  it('loses lines when standard error is closed', async () => {
    await outlives(await serveAfter('exec 2>&-'));
  });

  it('loses complaints about options when nobody reads standard error', () => {
    const script = '{ "$@"; echo $? >&3; } 3>&1 2>&1 >/dev/null | :';
    const command = [process.execPath, GUESTD, '--no-such-option'];
    const { stdout } = spawnSync(
      '/bin/sh',
      ['-c', `exec 4>&1; ${script.replace('3>&1', '3>&4')}`, 'sh', ...command],
      {
        encoding: 'utf8',
      },
    );
    assert.equal(stdout, '1\n');
  });

  it('loses lines for syslog when the native part cannot be loaded', () => {
    const log = new URL('../../../src/log/logger.js', import.meta.url).href;
    const program = `
      const Module = require('node:module');
      const load = Module._load;
      Module._load = (name, ...rest) => {
        if (name === 'koffi') throw new Error('no koffi');
        return load(name, ...rest);
      };
      import(${JSON.stringify(log)}).then(({ createLog }) => {
        const log = createLog({ syslog: ${JSON.stringify(folder.file('syslog'))} });
        log.syslog('one');
        setImmediate(() => {
          log.syslog('two');
          log.suspend();
          log.resume();
          log[Symbol.asyncDispose]().then(() => console.log('alive'));
        });
      });`;
    assert.equal(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }), 'alive\n');
  });
});

describe('guestd without its native part', () => {
  it('refuses to start, with one line that says what to install', () => {
    const hook = `data:text/javascript,${encodeURIComponent(`
      import Module from 'node:module';
      const load = Module._load;
      Module._load = (name, ...rest) => {
        if (name === 'koffi') throw new Error('no koffi');
        return load(name, ...rest);
      };`)}`;
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        `--import=${hook}`,
        GUESTD,
        '--method=unix-listen',
        '--path=/nonexistent/q.sock',
        '--statedir=/nonexistent',
      ],
      { encoding: 'utf8' },
    );
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^[\d.]+: critical: error initializing guest agent: cannot load the npm package koffi: no koffi \([^\n]*npm install koffi\)\n$/,
    );
  });
});
