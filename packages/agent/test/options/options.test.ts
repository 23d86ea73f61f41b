import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError, type AgentErrorCode } from '../../src/agent-error.js';
import { type Options, readOptions } from '../../src/options/options.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

describe('the options', () => {
  let folder: TemporaryFolder;
  let config: string;

  beforeEach(() => {
    folder = temporaryFolder();
    config = folder.file('qemu-ga.conf');
  });

  afterEach(() => folder[Symbol.dispose]());

  const read = (...args: string[]) => {
    const complaints: string[] = [];
    // A file that is not there, so that the machine's own configuration plays no part.
    const invocation = readOptions(args, { QGA_CONF: config }, (text) => complaints.push(text));
    return { ...invocation, complaints };
  };

  const options = (...args: string[]): Options => {
    const invocation = read(...args);
    assert.ok(invocation.kind === 'run');
    return invocation.options;
  };

  const configure = (...lines: string[]) => writeFileSync(config, lines.join('\n'));

  const refused = (code: AgentErrorCode, message: string | RegExp) => (error: unknown) => {
    assert.ok(error instanceof AgentError);
    assert.equal(error.code, code);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };

  it('have defaults', () => {
    assert.deepEqual(options(), {
      method: 'virtio-serial',
      path: '/dev/virtio-ports/org.qemu.guest_agent.0',
      logfile: undefined,
      verbose: false,
      statedir: '/var/run',
      block: [],
      allow: [],
      version: '0.1.0',
      freezeTimeout: 0,
      systemRoot: '',
    });
  });

  it('come from the command line', () => {
    assert.deepEqual(
      options(
        ...'-m unix-listen -p /s -l /l -t /t -v -b a,b -b c -a d --report-version 9.9 --freeze-timeout 5'.split(
          ' ',
        ),
        '--system-root=/r/',
      ),
      {
        method: 'unix-listen',
        path: '/s',
        logfile: '/l',
        verbose: true,
        statedir: '/t',
        block: ['a', 'b', 'c'],
        allow: ['d'],
        version: '9.9',
        freezeTimeout: 5,
        systemRoot: '/r',
      },
    );
  });

  it('come from the configuration file, under the same names', () => {
    configure(
      '# a comment',
      '[other]',
      'path=/wrong',
      '[general]',
      'method = unix-listen',
      'path =\t/with\\sspace',
      'verbose=1',
      'allow-rpcs=a,b',
      'report-version=8.2.0',
      'freeze-timeout=10',
      'system-root=/r',
      'unknown=x',
    );
    assert.deepEqual(options(), {
      method: 'unix-listen',
      path: '/with space',
      logfile: undefined,
      verbose: true,
      statedir: '/var/run',
      block: [],
      allow: ['a', 'b'],
      version: '8.2.0',
      freezeTimeout: 10,
      systemRoot: '/r',
    });
  });

  it('of the command line count for more than those of the file, but lists add up', () => {
    configure('[general]', 'path=/file', 'statedir=/file', 'block-rpcs=a', 'verbose=true');
    const { path, statedir, block, verbose } = options('-p', '/line', '-b', 'b');
    assert.deepEqual(
      { path, statedir, block, verbose },
      { path: '/line', statedir: '/file', block: ['a', 'b'], verbose: true },
    );
  });

  it('come from the file that -c names rather than from QGA_CONF, and that one must exist', () => {
    const other = folder.file('other.conf');
    configure('[general]', 'path=/wrong');
    assert.throws(
      () => read('-c', other),
      refused('config', `error loading configuration from path: ${other}, No such file or directory`),
    );
    writeFileSync(other, '[general]\npath=/right\n');
    assert.equal(options('-c', other).path, '/right');
  });

  for (const [lines, reason] of [
    [['x'], 'Key file contains line “x” which is not a key-value pair, group, or comment'],
    [['a=b'], 'Key file does not start with a group'],
    [['[general'], 'Key file contains line “[general” which is not a key-value pair, group, or comment'],
    [['[general]', '=foo'], 'Key file contains line “=foo” which is not a key-value pair, group, or comment'],
    [
      ['[general]', 'verbose=yes'],
      'Key file contains key “verbose” which has a value that cannot be interpreted.',
    ],
    [
      ['[general]', 'path=a\\qb'],
      'Key file contains key “path” which has a value that cannot be interpreted.',
    ],
  ] as const) {
    it(`refuse a file with ${JSON.stringify(lines.at(-1))}`, () => {
      configure(...lines);
      assert.throws(
        () => read(),
        refused('config', `error loading configuration from path: ${config}, ${reason}`),
      );
    });
  }

  it('refuse a configuration that is not a file', () => {
    mkdirSync(config);
    assert.throws(
      () => read(),
      refused('config', `error loading configuration from path: ${config}, Not a regular file`),
    );
  });

  it('refuse a listening method without a path, and a method that there is not', () => {
    assert.throws(() => read('-m', 'unix-listen'), refused('option', 'must specify a path for this channel'));
    assert.throws(() => read('-m', 'bogus'), refused('option', 'must specify a path for this channel'));
  });

  it('refuse a freeze timeout that is no number of seconds', () => {
    for (const text of ['', '-1', '1.5', 'x', '1e3', '99999999999']) {
      assert.throws(
        () => read(`--freeze-timeout=${text}`),
        refused('option', /^freeze-timeout takes whole seconds/),
      );
    }
  });

  for (const [args, name] of [
    [['-d'], '--daemonize'],
    [['-f', 'x'], '--pidfile'],
    [['-r'], '--retry-path'],
    [['-F'], '--fsfreeze-hook'],
    [['-D'], '--dump-conf'],
  ] as const) {
    it(`say that ${name} is not there yet`, () => {
      assert.throws(
        () => read(...args),
        refused('unsupported', `${name} is not available in this release yet`),
      );
    });
  }

  it('say so of the configuration file too', () => {
    configure('[general]', 'daemon=true');
    assert.throws(() => read(), refused('unsupported', /^--daemonize/));
    configure('[general]', 'daemon=false', 'retry-path=0');
    assert.equal(options().method, 'virtio-serial');
  });

  it('ask for help, for the version, or for the names of the commands', () => {
    assert.equal(read('-v', '-h').kind, 'help');
    assert.equal(read('--version', '-h').kind, 'version');
    assert.equal(read('-b', 'help').kind, 'list-commands');
    assert.equal(read('--allow-rpcs=?').kind, 'list-commands');
  });

  it('that are unknown are complained of twice, and no further than the first the second time', () => {
    assert.deepEqual(read('-x', '--path'), {
      kind: 'unknown-option',
      complaints: ["invalid option -- 'x'", "option '--path' requires an argument", "invalid option -- 'x'"],
    });
  });
});
