import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError, type AgentErrorCode } from '../../src/agent-error.js';
import { type Options, readOptions, rereadAccess } from '../../src/options/options.js';
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
      vsockPeers: [2],
      socketUsers: undefined,
      socketMode: 0o600,
      daemon: false,
      pidfile: '/var/run/qemu-ga.pid',
      logfile: undefined,
      logFormat: 'text',
      verbose: false,
      statedir: '/var/run',
      fsfreezeHook: undefined,
      fsfreezeHookDir: undefined,
      commands: { allow: [], block: [] },
      policy: undefined,
      version: VERSION,
      thawOnStop: false,
      freezeTimeout: undefined,
      helperTimeout: 60,
      commandTimeout: 60,
      systemRoot: '',
    });
  });

  it('reads the command line', () => {
    assert.deepEqual(
      options(
        ...'-m unix-listen -p /s -l /l -t /t -v -b guest-exec,guest-ping -b guest-info -a guest-sync --report-version 9.9 --freeze-timeout 5'.split(
          ' ',
        ),
        ...'-r -d -f /f -F/h -s x --log-format json --system-root=/r/ --helper-timeout 7'.split(' '),
        ...'--command-timeout 0 --vsock-peers 2,1 --socket-mode 660 --socket-users=any --fsfreeze-hook-dir /h.d'.split(
          ' ',
        ),
      ),
      {
        method: 'unix-listen',
        path: '/s',
        retryPath: true,
        vsockPeers: [2, 1],
        socketUsers: 'any',
        socketMode: 0o660,
        daemon: true,
        pidfile: '/f',
        logfile: '/l',
        logFormat: 'json',
        verbose: true,
        statedir: '/t',
        fsfreezeHook: '/h',
        fsfreezeHookDir: '/h.d',
        commands: { allow: ['guest-sync'], block: ['guest-exec', 'guest-ping', 'guest-info'] },
        policy: undefined,
        version: '9.9',
        thawOnStop: false,
        freezeTimeout: 5,
        helperTimeout: 7,
        commandTimeout: 0,
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
      'allow-rpcs=guest-exec,guest-ping',
      'report-version=8.2.0',
      'freeze-timeout=10',
      'helper-timeout=20',
      'command-timeout=30',
      'system-root=/r',
      'log-format=json',
      'vsock-peers=any',
      'socket-mode=0640',
      'socket-users=1000,64055',
      'daemon=true',
      'pidfile=/f',
      'retry-path=1',
      'fsfreeze-hook=/h',
      'fsfreeze-hook-dir=/h.d',
      'unknown=x',
    );
    assert.deepEqual(options(), {
      method: 'unix-listen',
      path: '/with space',
      retryPath: true,
      vsockPeers: 'any',
      socketUsers: [1000, 64055],
      socketMode: 0o640,
      daemon: true,
      pidfile: '/f',
      logfile: undefined,
      logFormat: 'json',
      verbose: true,
      statedir: '/var/run',
      fsfreezeHook: '/h',
      fsfreezeHookDir: '/h.d',
      commands: { allow: ['guest-exec', 'guest-ping'], block: [] },
      policy: undefined,
      version: '8.2.0',
      thawOnStop: false,
      freezeTimeout: 10,
      helperTimeout: 20,
      commandTimeout: 30,
      systemRoot: '/r',
    });
  });

  it('prefers the command line to the file, and joins the lists of both', () => {
    configure('[general]', 'path=/file', 'statedir=/file', 'block-rpcs=guest-exec', 'verbose=true');
    const { path, statedir, commands, verbose } = options('-p', '/line', '-b', 'guest-ping');
    assert.deepEqual(
      { path, statedir, block: commands.block, verbose },
      { path: '/line', statedir: '/file', block: ['guest-exec', 'guest-ping'], verbose: true },
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

  it('reads the targets of the audit log', () => {
    assert.equal('audit' in options(), false);
    const failure = 'continue';
    for (const [text, file, journal] of [
      ['/var/log/a,b', '/var/log/a,b', false],
      ['journald', undefined, true],
      ['journald,/a', '/a', true],
    ] as const) {
      assert.deepEqual(options(`--audit-log=${text}`).audit, { file, journal, failure });
    }
    configure('[general]', 'audit-log=/a', 'audit-failure=refuse');
    assert.deepEqual(options().audit, { file: '/a', journal: false, failure: 'refuse' });
  });

  it('rejects an audit log without an absolute path, and an unknown action after a failure', () => {
    for (const text of ['', 'audit.log', 'journald,', 'journald,a', 'journal', 'journald/a']) {
      assert.throws(
        () => read(`--audit-log=${text}`),
        refused('option', `audit-log takes an absolute path, journald, or both, not '${text}'`),
      );
    }
    assert.throws(
      () => read('--audit-failure=stop'),
      refused('option', "audit-failure takes continue or refuse, not 'stop'"),
    );
  });

  it('rejects lists of peers and socket modes that are not numbers', () => {
    for (const text of ['', 'x', '2,', '-1', '2, 1', '4294967295', 'any,2']) {
      assert.throws(
        () => read(`--vsock-peers=${text}`),
        refused('option', `vsock-peers takes context ids separated by commas, or any, not '${text}'`),
      );
      assert.throws(
        () => read(`--socket-users=${text}`),
        refused('option', `socket-users takes user ids separated by commas, or any, not '${text}'`),
      );
    }
    for (const text of ['', '6', '800', '0x1ff', '1777', '00600']) {
      assert.throws(
        () => read(`--socket-mode=${text}`),
        refused('option', `socket-mode takes three octal digits, not '${text}'`),
      );
    }
  });

  it('reads the lists of commands and the policy again from the changed files', () => {
    configure('[general]', 'block-rpcs=guest-exec');
    const args = ['-b', 'guest-ping', '-v', '-a', 'guest-info'];
    const reread = () => rereadAccess(args, { QGA_CONF: 'qemu-ga.conf' }, folder.path);
    assert.deepEqual(reread(), {
      commands: { allow: ['guest-info'], block: ['guest-exec', 'guest-ping'] },
      policy: undefined,
    });
    configure('[general]', 'allow-rpcs=guest-sync', 'policy=./rules');
    writeFileSync(folder.file('rules'), '[commands]\nallow=guest-ping\n');
    const { commands, policy } = reread();
    assert.deepEqual(commands, { allow: ['guest-sync', 'guest-info'], block: ['guest-ping'] });
    assert.equal(policy?.source, folder.file('rules'));
    configure('[general');
    assert.throws(reread, refused('config', /^error loading configuration from path: /));
  });

  it('rejects a name in a list that is no command, with its place and the closest name', () => {
    const line = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        assert.ok(error instanceof AgentError);
        return error.line;
      }
      return undefined;
    };
    assert.equal(
      line(() => read('-b', 'guest-ping', '-b', 'guest-exce')),
      "--block-rpcs: unknown command 'guest-exce' (did you mean 'guest-exec'?)",
    );
    assert.equal(
      line(() => read('-a', 'guest-ping, guest-info')),
      "--allow-rpcs: unknown command ' guest-info' (did you mean 'guest-info'?)",
    );
    configure('[general]', 'path=/p', 'block-rpcs=nothing');
    assert.equal(
      line(() => read('-b', 'guest-ping')),
      `line 3 of ${config}: unknown command 'nothing' (guestd --block-rpcs=help lists all names)`,
    );
    // The configuration is printed as it is.
    assert.equal(read('-D').kind, 'dump-conf');
  });

  it('accepts names of other releases and systems, and a comma at the end of a list', () => {
    assert.deepEqual(options('-b', 'guest-get-devices,guest-exec,').commands.block, [
      'guest-get-devices',
      'guest-exec',
      '',
    ]);
  });

  it('prefers the policy of the command line to that of the file', () => {
    configure('[general]', 'policy=audit');
    assert.equal(options().policy?.source, 'preset audit');
    assert.equal(options('--policy', 'file-read,filesystem').policy?.source, 'preset file-read, filesystem');
  });

  it('rejects a policy that is neither a preset nor the path of a file', () => {
    for (const [text, message] of [
      ['filesytem', "unknown preset 'filesytem'; did you mean filesystem?"],
      ['', "unknown preset ''; known are audit, file-read, file-write, filesystem, unrestricted"],
      ['./absent', `cannot read the policy ${process.cwd()}/absent: No such file or directory`],
    ] as const) {
      assert.throws(() => read(`--policy=${text}`), refused('policy', message));
    }
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
