import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { runPolicy } from '../../src/subcommands/policy.js';
import { terminalText } from '../../src/subcommands/terminal-text.js';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.js';

describe('guestd policy', () => {
  let folder: TemporaryFolder;
  let config: string;
  let policy: string;
  let printf: string;

  before(() => {
    folder = temporaryFolder();
    config = folder.file('qemu-ga.conf');
    policy = folder.file('guestd.policy');
    printf = realpathSync('/usr/bin/printf');
    mkdirSync(folder.file('data/keep'), { recursive: true });
    for (const name of ['data/a', 'data/keep/b', 'outside']) writeFileSync(folder.file(name), '');
    symlinkSync('a', folder.file('data/link'));
    symlinkSync('../outside', folder.file('data/out'));
    writeFileSync(config, `[general]\npolicy=${policy}\nblock-rpcs=guest-get-users\n`);
    const lines = [
      '[commands]',
      'preset = audit, filesystem',
      'allow = guest-file-open guest-file-read',
      'allow = guest-exec',
      'deny = guest-fstrim',
      '[files]',
      `read = ${folder.path}/data/**`,
      `write = ${folder.path}/data/*`,
      `deny = ${folder.path}/data/keep/**`,
      '[programs]',
      `allow = ["${printf}", "x"]`,
      'env = LANG',
    ];
    writeFileSync(policy, lines.join('\n'), { mode: 0o600 });
  });

  after(() => folder[Symbol.dispose]());

  const run = (...args: string[]) =>
    runPolicy(args, { PATH: '/usr/bin:/bin', QGA_CONF: folder.file('absent.conf') });
  const explain = (request: object, ...options: string[]) =>
    run('explain', '-c', config, ...options, JSON.stringify(request));
  const line = (number: number, text: string): string => `line ${number} of ${policy}: ${text}`;
  const open = (path: string, mode?: string) => ({ execute: 'guest-file-open', arguments: { path, mode } });
  const exec = (path: string, ...arg: string[]) => ({ execute: 'guest-exec', arguments: { path, arg } });

  /** Each request with the rule that decides, and a part of what else is printed. */
  const requests: readonly [
    title: string,
    request: () => object,
    status: 0 | 1,
    rule: () => string,
    rest?: () => string,
  ][] = [
    [
      'a command of a preset',
      () => ({ execute: 'guest-ping' }),
      0,
      () => line(2, 'preset = audit, filesystem'),
    ],
    [
      'guest-sync with its argument',
      () => ({ execute: 'guest-sync', arguments: { id: 1 } }),
      0,
      () => line(2, 'preset = audit, filesystem'),
      () => 'while frozen: enabled',
    ],
    [
      'a command that is denied by name',
      () => ({ execute: 'guest-fstrim' }),
      1,
      () => line(5, 'deny = guest-fstrim'),
    ],
    [
      'a command without a rule',
      () => ({ execute: 'guest-shutdown' }),
      1,
      () => `no rule of ${policy} allows guest-shutdown`,
    ],
    [
      'a command that a list blocks',
      () => ({ execute: 'guest-get-users' }),
      1,
      () => `block-rpcs (line 3 of ${config})`,
    ],
    [
      'a command that does not exist',
      () => ({ execute: 'guest-pong' }),
      1,
      () => 'no command is named guest-pong',
      () => "note: did you mean 'guest-ping'?",
    ],
    [
      'a command of Windows',
      () => ({ execute: 'guest-get-devices' }),
      1,
      () => 'no command is named guest-get-devices',
    ],
    [
      'invalid arguments',
      () => ({ execute: 'guest-file-open', arguments: {} }),
      1,
      () => "invalid: Parameter 'path' is missing",
    ],
    [
      'an invalid mode',
      () => open(folder.file('data/a'), 'rx'),
      1,
      () => "invalid: invalid file open mode 'rx'",
    ],
    [
      'a file to read',
      () => open(folder.file('data/a')),
      0,
      () => line(7, `read = ${folder.path}/data/**`),
      () => `resolved path: ${folder.path}/data/a`,
    ],
    [
      'a link inside',
      () => open(folder.file('data/link')),
      0,
      () => line(7, `read = ${folder.path}/data/**`),
      () => `resolved path: ${folder.path}/data/a`,
    ],
    [
      'a link that leaves',
      () => open(folder.file('data/out')),
      1,
      () => `${folder.path}/data/out leaves ${folder.path}/data through a link`,
    ],
    [
      'a path with ..',
      () => open(`${folder.path}/data/../outside`),
      1,
      () => `the path '${folder.path}/data/../outside' contains ..`,
    ],
    [
      'a denied file',
      () => open(folder.file('data/keep/b')),
      1,
      () => line(9, `deny = ${folder.path}/data/keep/**`),
    ],
    [
      'a file to create',
      () => open(folder.file('data/new'), 'w'),
      0,
      () => line(8, `write = ${folder.path}/data/*`),
      () => `resolved path: ${folder.path}/data/new`,
    ],
    [
      'a file to read and write',
      () => open(folder.file('data/a'), 'r+'),
      0,
      () => `${line(7, `read = ${folder.path}/data/**`)}; ${line(8, `write = ${folder.path}/data/*`)}`,
    ],
    [
      'a missing file',
      () => open(folder.file('data/absent')),
      0,
      () => line(7, `read = ${folder.path}/data/**`),
      () => `note: ${folder.path}/data/absent: No such file or directory`,
    ],
    [
      'a file elsewhere',
      () => open('/etc/shadow'),
      1,
      () => `no rule of ${policy} allows to read /etc/shadow`,
    ],
    [
      'a program with its arguments, through PATH',
      () => exec('printf', 'x'),
      0,
      () => line(11, `allow = ["${printf}", "x"]`),
      () => `resolved path: ${printf}`,
    ],
    [
      'a program with other arguments',
      () => exec('printf', 'y'),
      1,
      () => `no rule of ${policy} allows to execute ${printf} y`,
    ],
    [
      'a program that is missing in PATH',
      () => exec('absent-program'),
      1,
      () => 'absent-program cannot be resolved: No such file or directory',
    ],
    [
      'a missing program that no rule allows',
      () => exec('/usr/bin/absent'),
      1,
      () => `no rule of ${policy} allows to execute /usr/bin/absent`,
    ],
    [
      'a variable of the environment',
      () => ({ execute: 'guest-exec', arguments: { path: 'printf', arg: ['x'], env: ['LD_PRELOAD=/x'] } }),
      1,
      () => `no rule of ${policy} allows to set the environment variable LD_PRELOAD`,
    ],
  ];

  for (const [title, request, status, rule, rest = () => 'while frozen: '] of requests) {
    it(`explain ${status === 0 ? 'allows' : 'refuses'} ${title}, and names the rule`, async () => {
      const result = await explain(request());
      assert.equal(result.complaint, '');
      const [first, ...others] = result.output.split('\n');
      assert.equal(first, `${status === 0 ? 'allowed' : 'refused'}: ${rule()}`);
      assert.ok(others.join('\n').includes(rest()), result.output);
      assert.equal(result.status, status);
      const json = JSON.parse((await explain(request(), '--json')).output);
      assert.deepEqual([json.allowed, json.rule], [status === 0, rule()]);
    });
  }

  it('explain uses the options of the command line, and needs no policy', async () => {
    const ping = '{"execute":"guest-ping"}';
    assert.deepEqual(await run('explain', ping), {
      status: 0,
      output: 'allowed: no list has it, and there is no policy\nwhile frozen: enabled\n',
      complaint: '',
    });
    assert.match(
      (await run('explain', '-b', 'guest-ping', ping)).output,
      /^refused: block-rpcs \(--block-rpcs\)\n/,
    );
    assert.match(
      (await run('explain', ping, '-a', 'guest-info')).output,
      /^refused: not in allow-rpcs \(--allow-rpcs\)\n/,
    );
    assert.match(
      (await run('explain', '--allow-rpcs=guest-ping', ping)).output,
      /^allowed: allow-rpcs \(--allow-rpcs\)\n/,
    );
    assert.match(
      (await run('explain', '--policy=audit', '{"execute":"guest-exec"}')).output,
      /^refused: no rule of preset audit allows guest-exec\nwhile frozen: disabled\n$/,
    );
  });

  it('explain escapes control characters in text and in JSON', async () => {
    const request = { execute: 'guest-file-open', arguments: { path: '/a\u202e\n\u{e0001}' } };
    const { output } = await explain(request);
    assert.match(output, /\/a\\u202e\\u000a\\udb40\\udc01\n/);
    const json = (await explain(request, '--json')).output;
    assert.doesNotMatch(json.trimEnd(), /[\p{Cc}\p{Cf}]/u);
    assert.match(JSON.parse(json).rule, /\/a\u202e\n\u{e0001}$/u);
  });

  it('list prints the presets and the rule of each command', async () => {
    const { status, output } = await run('list', '-c', config);
    assert.equal(status, 0);
    assert.match(output, /^ {2}audit {2,}information about the guest$/m);
    assert.match(output, new RegExp(`^commands, policy ${policy}:$`, 'm'));
    assert.match(output, /^ {2}guest-ping {2,}allowed {2}line 2 of .*: preset = audit, filesystem$/m);
    assert.match(output, /^ {2}guest-get-users {2,}refused {2}block-rpcs /m);
    const json = JSON.parse((await run('list', '--json', '--policy', 'file-read')).output);
    assert.equal(json.policy, 'preset file-read');
    assert.equal(json.presets.length, 5);
    assert.deepEqual(
      json.commands.filter(({ allowed }: { allowed: boolean }) => allowed).length,
      json.presets.find(({ name }: { name: string }) => name === 'file-read').commands.length,
    );
  });

  it('check reports every mistake, and says that a file is valid', async () => {
    assert.deepEqual(await run('check', policy), { status: 0, output: `${policy}: valid\n`, complaint: '' });
    const bad = folder.file('bad');
    writeFileSync(bad, '[commands]\npreset=audti\n[fils]\n', { mode: 0o600 });
    assert.deepEqual(await run('check', bad), {
      status: 1,
      output: `${bad}:2: unknown preset 'audti'; did you mean audit?\n${bad}:3: unknown group [fils]; did you mean [files]?\n`,
      complaint: '',
    });
    chmodSync(bad, 0o666);
    const { status, output } = await run('check', bad, '--json');
    assert.equal(status, 1);
    assert.match(
      JSON.parse(output).problems[0].message,
      /^refusing the policy .* can be written by other users/,
    );
    assert.equal((await run('check', folder.file('absent'))).status, 1);
  });

  it('check warns of rules that do not do what they seem to', async () => {
    const file = folder.file('doubtful');
    symlinkSync('data', folder.file('alias'));
    const warnings = async (...lines: string[]): Promise<readonly string[]> => {
      writeFileSync(file, lines.join('\n'), { mode: 0o600 });
      return JSON.parse((await run('check', '--json', file)).output).warnings;
    };
    assert.deepEqual(
      await warnings('[commands]', 'preset=unrestricted', '[programs]', 'allow=/usr/bin/uptime'),
      [],
    );
    assert.deepEqual(await warnings('[commands]', 'preset=unrestricted', '[programs]', 'allow=/usr/bin/*'), [
      '/usr/bin/ash is allowed with any arguments: it can do everything',
    ]);
    assert.deepEqual(
      await warnings('[commands]', 'allow=guest-ping, guest-exec', '[files]', `read=${folder.path}/alias/*`),
      [
        'most hosts cannot use a channel without guest-sync-delimited, guest-sync, guest-info; every preset allows them',
        `line 4 of ${file}: read = ${folder.path}/alias/*: ${folder.path}/alias leads to ${folder.path}/data through a link; write ${folder.path}/data/*`,
        'guest-exec may run any program, so that the rules of [files] restrict nothing; add [programs]',
      ],
    );
  });

  it('prints its help, and rejects wrong words and an invalid configuration with status 2', async () => {
    assert.match((await run('--help')).output, /^Usage: guestd policy explain /);
    const complaint = async (...args: string[]) => {
      const result = await run(...args);
      assert.equal(result.status, 2);
      assert.equal(result.output, '');
      return result.complaint;
    };
    const see = '; see guestd policy --help\n';
    assert.equal(await complaint(), `guestd: explain, list or check is missing${see}`);
    assert.equal(await complaint('exlain'), `guestd: unknown action 'exlain'${see}`);
    assert.equal(await complaint('explain'), `guestd: REQUEST is missing${see}`);
    assert.equal(await complaint('list', 'x'), `guestd: unexpected word 'x'${see}`);
    assert.equal(await complaint('list', '--daemonize'), `guestd: unrecognized option '--daemonize'${see}`);
    assert.equal(await complaint('explain', '{'), `guestd: the request is not complete${see}`);
    assert.equal(await complaint('explain', '1'), `guestd: QMP input must be a JSON object${see}`);
    assert.match(await complaint('explain', '{"a'), /^guestd: the request is /);
    assert.equal(
      await complaint('explain', '{"execute":"guest-ping"} {"execute":"guest-ping"}'),
      `guestd: one request at a time${see}`,
    );
    assert.equal(
      await complaint('list', '-b', 'guest-exce'),
      "guestd: --block-rpcs: unknown command 'guest-exce' (did you mean 'guest-exec'?)\n",
    );
    assert.match(
      await complaint('list', '-c', folder.file('absent')),
      /^guestd: error loading configuration/,
    );
  });
});

describe('terminalText', () => {
  it('escapes control and formatting characters only', () => {
    assert.equal(terminalText('aä\u4e00😀'), 'aä\u4e00😀');
    assert.equal(terminalText('\x1b[2J\x7f\u0085\u202e\u2028'), '\\u001b[2J\\u007f\\u0085\\u202e\\u2028');
  });
});
