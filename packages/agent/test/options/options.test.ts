import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError, type AgentErrorCode } from '../../src/agent-error.js';
import { type Options, readCommandLists, readOptions } from '../../src/options/options.js';
import { VERSION } from '../../src/version.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

describe('readOptions', () => {
  let folder: TemporaryFolder;
  let config: string;

  beforeEach(() => {
    folder = temporaryFolder();
    config = folder.file('qemu-ga.conf');
  });

  afterEach(() => folder[Symbol.dispose]());

  const read = (...args: string[]) => {
    const complaints: string[] = [];
    // A missing file, so that the configuration of this machine is not read.
    const invocation = readOptions(args, { QGA_CONF: config }, { complain: (text) => complaints.push(text) });
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

  it('returns the defaults', () => {
    assert.deepEqual(options(), {
      method: 'virtio-serial',
      path: '/dev/virtio-ports/org.qemu.guest_agent.0',
      retryPath: false,
      daemon: false,
      pidfile: '/var/run/qemu-ga.pid',
      logfile: undefined,
      logFormat: 'text',
      verbose: false,
      statedir: '/var/run',
      fsfreezeHook: undefined,
      commands: { allow: [], block: [] },
      version: VERSION,
      freezeTimeout: 0,
      helperTimeout: 60,
      systemRoot: '',
    });
  });

  it('reads the command line', () => {
    assert.deepEqual(
      options(
        ...'-m unix-listen -p /s -l /l -t /t -v -b a,b -b c -a d --report-version 9.9 --freeze-timeout 5'.split(
          ' ',
        ),
        ...'-r -d -f /f -F/h -s x --log-format json --system-root=/r/ --helper-timeout 7'.split(' '),
      ),
      {
        method: 'unix-listen',
        path: '/s',
        retryPath: true,
        daemon: true,
        pidfile: '/f',
        logfile: '/l',
        logFormat: 'json',
        verbose: true,
        statedir: '/t',
        fsfreezeHook: '/h',
        commands: { allow: ['d'], block: ['a', 'b', 'c'] },
        version: '9.9',
        freezeTimeout: 5,
        helperTimeout: 7,
        systemRoot: '/r',
      },
    );
  });

  it('uses the default hook only if a hook is requested', () => {
    assert.equal(options().fsfreezeHook, undefined);
    assert.equal(options('-F').fsfreezeHook, '/etc/qemu/fsfreeze-hook');
    assert.equal(options('--fsfreeze-hook=').fsfreezeHook, '');
  });

  it('reads the configuration file with the same names', () => {
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
      'helper-timeout=20',
      'system-root=/r',
      'log-format=json',
      'daemon=true',
      'pidfile=/f',
      'retry-path=1',
      'fsfreeze-hook=/h',
      'unknown=x',
    );
    assert.deepEqual(options(), {
      method: 'unix-listen',
      path: '/with space',
      retryPath: true,
      daemon: true,
      pidfile: '/f',
      logfile: undefined,
      logFormat: 'json',
      verbose: true,
      statedir: '/var/run',
      fsfreezeHook: '/h',
      commands: { allow: ['a', 'b'], block: [] },
      version: '8.2.0',
      freezeTimeout: 10,
      helperTimeout: 20,
      systemRoot: '/r',
    });
  });

  it('prefers the command line to the file, and joins the lists of both', () => {
    configure('[general]', 'path=/file', 'statedir=/file', 'block-rpcs=a', 'verbose=true');
    const { path, statedir, commands, verbose } = options('-p', '/line', '-b', 'b');
    assert.deepEqual(
      { path, statedir, block: commands.block, verbose },
      { path: '/line', statedir: '/file', block: ['a', 'b'], verbose: true },
    );
  });

  it('prefers the file of -c, which must exist, to QGA_CONF', () => {
    const other = folder.file('other.conf');
    configure('[general]', 'path=/wrong');
    assert.throws(
      () => read('-c', other),
      refused('config', `error loading configuration from path: ${other}, No such file or directory`),
    );
    writeFileSync(other, '[general]\npath=/right\n');
    assert.equal(options('-c', other).path, '/right');
  });

  it('splits lines as GLib does and truncates values at a NUL', () => {
    configure('[general]', 'path=a\rb\u2028c\r', 'statedir=/s\0/t');
    assert.equal(options().path, 'a\rb\u2028c');
    assert.equal(options().statedir, '/s');
  });

  for (const [lines, reason] of [
    [['x'], 'Key file contains line “x” which is not a key-value pair, group, or comment'],
    [['a=b'], 'Key file does not start with a group'],
    [['[general]', '  x'], 'Key file contains line “  x” which is not a key-value pair, group, or comment'],
    [['[]', 'a=b'], 'Invalid group name: '],
    [['[a\x01b]'], 'Invalid group name: a\x01b'],
    [['[a[b]'], 'Invalid group name: a[b'],
    [['[a]]'], 'Key file contains line “[a]]” which is not a key-value pair, group, or comment'],
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
    it(`rejects a file with ${JSON.stringify(lines.at(-1))}`, () => {
      configure(...lines);
      assert.throws(
        () => read(),
        refused('config', `error loading configuration from path: ${config}, ${reason}`),
      );
    });
  }

  it('rejects a configuration path that is not a file', () => {
    mkdirSync(config);
    assert.throws(
      () => read(),
      refused('config', `error loading configuration from path: ${config}, Not a regular file`),
    );
  });

  it('names the line and key of an error in the file', () => {
    const advice = (...lines: string[]): string | undefined => {
      configure(...lines);
      try {
        read();
      } catch (error) {
        return error instanceof AgentError ? error.advice : String(error);
      }
      return undefined;
    };
    assert.equal(advice('[general]', '', 'x'), 'line 3');
    assert.equal(
      advice('# verbose', '[general]', 'verbose=1', 'verbose = yes'),
      'line 4, key verbose: write true or false',
    );
    assert.match(advice('[general]', 'path=a\\') ?? '', /^line 2, key path: write a backslash/);
    assert.equal(
      advice('[other]', 'freeze-timeout=1', '[general]', 'freeze-timeout=soon'),
      `line 4 of ${config}; 0 means never`,
    );
    assert.equal(advice('[general]', 'log-format=xml'), `line 2 of ${config}`);
  });

  it('rejects invalid UTF-8 in a known key', () => {
    writeFileSync(config, Buffer.from('[general]\nunknown=\xe4\npath=\xe4\n', 'latin1'));
    assert.throws(
      () => read(),
      refused('config', /, Key file contains key “path” with value “.” which is not UTF-8$/),
    );
    configure('[general]', 'path=/\ufffd');
    assert.equal(options().path, '/\ufffd');
  });

  it('rejects a listening method without a path, and an unknown method', () => {
    assert.throws(() => read('-m', 'unix-listen'), refused('option', 'must specify a path for this channel'));
    assert.throws(() => read('-m', 'bogus'), refused('option', 'must specify a path for this channel'));
  });

  it('ignores method and path for an inherited socket', () => {
    const invocation = readOptions(
      ['-m', 'bogus', '-p', '/x'],
      { QGA_CONF: config },
      {
        complain() {},
        inherit: () => ({ method: 'unix-listen' }),
      },
    );
    assert.ok(invocation.kind === 'run');
    assert.equal(invocation.options.method, 'unix-listen');
    assert.equal(invocation.options.path, '');
  });

  it('rejects a timeout that is not a number of seconds, and an unknown log format', () => {
    for (const text of ['', '-1', '1.5', 'x', '1e3', '99999999999']) {
      assert.throws(
        () => read(`--freeze-timeout=${text}`),
        refused('option', /^freeze-timeout takes whole seconds from 0 /),
      );
      assert.throws(
        () => read(`--helper-timeout=${text}`),
        refused('option', /^helper-timeout takes whole seconds from 1 /),
      );
    }
    assert.throws(() => read('--helper-timeout=0'), refused('option', /^helper-timeout takes .* not '0'/));
    assert.throws(
      () => read('--log-format=xml'),
      refused('option', "log-format takes text or json, not 'xml'"),
    );
  });

  it('reads the lists of commands again from the changed file', () => {
    configure('[general]', 'block-rpcs=a');
    const args = ['-b', 'b', '-v', '-a', 'c'];
    const reread = () => readCommandLists(args, { QGA_CONF: 'qemu-ga.conf' }, folder.path);
    assert.deepEqual(reread(), { allow: ['c'], block: ['a', 'b'] });
    configure('[general]', 'allow-rpcs=d');
    assert.deepEqual(reread(), { allow: ['d', 'c'], block: ['b'] });
    configure('[general');
    assert.throws(reread, refused('config', /^error loading configuration from path: /));
  });

  it('returns a request for help, the version or the command names', () => {
    assert.equal(read('-v', '-h').kind, 'help');
    assert.equal(read('--version', '-h').kind, 'version');
    assert.equal(read('-b', 'help').kind, 'list-commands');
    assert.equal(read('--allow-rpcs=?').kind, 'list-commands');
  });

  it('reports unknown options twice, the second time only the first one', () => {
    assert.deepEqual(read('-x', '--path'), {
      kind: 'unknown-option',
      complaints: ["invalid option -- 'x'", "option '--path' requires an argument", "invalid option -- 'x'"],
    });
  });
});
