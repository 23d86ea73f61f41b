import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { OPTIONS as checkOptions } from '../../../src/cli/commands/check.js';
import { OPTIONS as docsOptions } from '../../../src/cli/commands/docs.js';
import { OPTIONS as generateOptions } from '../../../src/cli/commands/generate.js';
import { OPTIONS as introspectOptions } from '../../../src/cli/commands/introspect.js';
import { runCommandLine } from '../../../src/cli/run.js';
import { temporaryFolder } from '../../generate/tsc.js';

const PROGRAM = fileURLToPath(new URL('../../../../bin/qapi.js', import.meta.url));

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line within this process. */
async function qapi(
  args: readonly string[],
  terminal = false,
  env: Record<string, string> = {},
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY: terminal,
  });
  const status = await runCommandLine(args, { stdout: stream('stdout'), stderr: stream('stderr'), env });
  return { status, ...written };
}

const GOOD = "{ 'command': 'ping' }\n";
const BAD = "{ 'command': 'ping', 'data': 'Missing' }\n{ 'command': 'pong', 'returns': 'Gone' }\n";
const WARNED = `##\n# @ping:\n#\n# ${'long '.repeat(15)}\n##\n${GOOD}`;

/** A folder with schemas of each kind. */
function schemas(context: Parameters<typeof temporaryFolder>[0]): (name: string) => string {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, 'good.json'), GOOD);
  writeFileSync(join(folder, 'good.json.gz'), gzipSync(GOOD));
  writeFileSync(join(folder, 'bad.json'), BAD);
  writeFileSync(join(folder, 'warned.json'), WARNED);
  writeFileSync(join(folder, 'includes.json'), "{ 'include': 'bad.json' }\n");
  writeFileSync(join(folder, 'old.json'), "{ 'type': 'Old'\n  'data': { 'x': 'int' } }\n");
  writeFileSync(
    join(folder, 'torn.json'),
    "{ 'struct': 'There', 'data': {}, 'if': 'CONFIG_T' }\n{ 'command': 'c', 'returns': 'There' }\n",
  );
  return (name) => join(folder, name);
}

const OPTIONS = {
  check: checkOptions,
  generate: generateOptions,
  docs: docsOptions,
  introspect: introspectOptions,
};

describe('qapi check', () => {
  test('exits with 0 and counts no errors for a valid schema', async (context) => {
    const at = schemas(context);
    assert.deepEqual(await qapi(['check', at('good.json'), at('good.json.gz')]), {
      status: 0,
      stdout: '',
      stderr: '0 errors, 0 warnings\n',
    });
  });

  test('prints every error with its place, and the count', async (context) => {
    const at = schemas(context);
    const { status, stdout, stderr } = await qapi(['check', at('bad.json')]);
    assert.equal(status, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /bad\.json:1:\d+: .*unknown type 'Missing'/);
    assert.match(stderr, /bad\.json:2:\d+: .*unknown type 'Gone'/);
    assert.match(stderr, /\n2 errors, 0 warnings\n$/);
  });

  test('treats warnings as errors with --strict only', async (context) => {
    const at = schemas(context);
    const { status, stderr } = await qapi(['check', at('warned.json')]);
    assert.equal(status, 0);
    assert.match(stderr, /warning: documentation line longer.*\n(?:.*\n)*0 errors, 1 warning\n$/);
    assert.deepEqual(await qapi(['check', '--quiet', at('warned.json')]), {
      status: 0,
      stdout: '',
      stderr: '',
    });
    const strict = await qapi(['check', '--strict', '-q', at('warned.json')]);
    assert.equal(strict.status, 1);
    assert.match(strict.stderr, /:4:\d+: documentation line longer/);
  });

  test('prints diagnostics as JSON with --json, including the chain of includes', async (context) => {
    const at = schemas(context);
    const { status, stdout, stderr } = await qapi(['check', '--json', at('includes.json')]);
    assert.equal(status, 1);
    assert.equal(stderr, '');
    const [first, ...others]: readonly unknown[] = JSON.parse(stdout);
    assert.equal(others.length, 1);
    assert.deepEqual(first, {
      file: at('bad.json'),
      line: 1,
      column: 30,
      endLine: 1,
      endColumn: 39,
      severity: 'error',
      code: 'unknown-type',
      message: "command's 'data' uses unknown type 'Missing'",
      context: { meta: 'command', name: 'ping' },
      includedFrom: [{ file: at('includes.json'), line: 1 }],
      notes: [],
    });
    assert.equal((await qapi(['check', '--json', at('good.json')])).stdout, '[]\n');
  });

  test('accepts the dialect of 2012 with --dialect 2012', async (context) => {
    const at = schemas(context);
    assert.equal((await qapi(['check', at('old.json')])).status, 1);
    assert.equal((await qapi(['check', '--dialect', '2012', at('old.json')])).status, 0);
    assert.equal((await qapi(['check', '--dialect=1999', at('old.json')])).status, 2);
  });

  test('prints the dialect that it found, if it is an older one', async (context) => {
    const path = join(temporaryFolder(context), 'old.json');
    writeFileSync(path, "{ 'command': 'a', 'gen': 'no' }\n");
    assert.equal((await qapi(['check', path])).stderr, '0 errors, 0 warnings (dialect 2012)\n');
    assert.equal((await qapi(['check', '--dialect=2.8', path])).stderr, '0 errors, 0 warnings\n');
  });

  test('takes a release of QEMU as the dialect', async (context) => {
    const at = schemas(context);
    const status = async (dialect: string): Promise<number> =>
      (await qapi(['check', '--dialect', dialect, at('old.json')])).status;
    assert.equal(await status('1.3'), 0);
    assert.equal(await status('2.8.1'), 0);
    assert.equal(await status('2.12'), 1);
    assert.equal(await status('10.0'), 1);
    assert.equal(await status('6.x'), 2);
  });

  test('reports an unreadable file on one line', async () => {
    assert.deepEqual(await qapi(['check', '/nowhere/x.json']), {
      status: 1,
      stdout: '',
      stderr: "can't read schema file '/nowhere/x.json': No such file or directory\n",
    });
  });

  test('prints colors on a terminal, except with NO_COLOR or TERM=dumb', async (context) => {
    const at = schemas(context);
    const colour = '\u001b[';
    assert.ok((await qapi(['check', at('bad.json')], true)).stderr.includes(colour));
    assert.ok(!(await qapi(['check', at('bad.json')], false)).stderr.includes(colour));
    assert.ok(!(await qapi(['check', at('bad.json')], true, { NO_COLOR: '1' })).stderr.includes(colour));
    assert.ok(!(await qapi(['check', at('bad.json')], true, { TERM: 'dumb' })).stderr.includes(colour));
  });
});

describe('qapi generate', () => {
  test('writes modules and the runtime, and only changed files the second time', async (context) => {
    const at = schemas(context);
    const folder = at('out');
    const first = await qapi(['generate', at('good.json'), '-o', folder]);
    assert.deepEqual(first, { status: 0, stdout: `${folder}: 2 files, 2 written\n`, stderr: '' });
    assert.deepEqual(readdirSync(folder).sort(), ['descriptor.ts', 'good.ts']);
    assert.match(readFileSync(join(folder, 'descriptor.ts'), 'utf8'), /export interface CommandDescriptor</);
    const second = await qapi(['generate', `--output=${folder}`, at('good.json')]);
    assert.equal(second.stdout, `${folder}: 2 files, 0 written\n`);
  });

  test('imports the runtime from the module of --runtime', async (context) => {
    const at = schemas(context);
    await qapi(['generate', at('good.json'), '-o', at('out'), '--runtime', '@guestwire/schema', '-q']);
    assert.deepEqual(readdirSync(at('out')), ['good.ts']);
    assert.match(readFileSync(at('out/good.ts'), 'utf8'), /from '@guestwire\/schema';/);
  });

  test('writes nothing with --check, and lists the files that are not up to date', async (context) => {
    const at = schemas(context);
    const args = ['generate', at('good.json'), '-q', '-o', at('out')];
    const before = await qapi([...args, '--check']);
    assert.equal(before.status, 1);
    assert.equal(existsSync(at('out')), false);
    await qapi(args);
    assert.deepEqual(await qapi([...args, '--check']), { status: 0, stdout: '', stderr: '' });
    writeFileSync(at('out/good.ts'), 'stale');
    const { status, stderr } = await qapi([...args, '--check']);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`^qapi: not up to date: ${at('out/good.ts')}\\n(?!qapi:)`));
    assert.equal(readFileSync(at('out/good.ts'), 'utf8'), 'stale');
  });

  test('writes nothing if the schema has an error, or needs a type that is left out', async (context) => {
    const at = schemas(context);
    const torn = await qapi(['generate', at('torn.json'), '-o', at('out')]);
    assert.equal(torn.status, 1);
    assert.match(torn.stderr, /torn\.json:2:\d+: .*command 'c' needs type 'There', which is left out/);
    assert.equal((await qapi(['generate', at('bad.json'), '-o', at('out')])).status, 1);
    assert.equal(existsSync(at('out')), false);
    for (const choice of [['--define', 'CONFIG_T'], ['-DCONFIG_A,CONFIG_T'], ['--define=*'], ['--all']]) {
      assert.equal(
        (await qapi(['generate', at('torn.json'), '-o', at('out'), ...choice])).status,
        0,
        choice.join(' '),
      );
    }
  });

  test('reports an unwritable file on one line', async (context) => {
    const at = schemas(context);
    const { status, stderr } = await qapi(['generate', at('good.json'), '-o', at('bad.json/x')]);
    assert.equal(status, 1);
    assert.match(stderr, /^qapi: cannot write .*: not a directory[^\n]*\n$/);
  });
});

describe('qapi docs and introspect', () => {
  test('write to stdout or a file, or compare with --check', async (context) => {
    const at = schemas(context);
    for (const [command, start] of [
      ['docs', '# Reference'],
      ['introspect', '[\n  {\n'],
    ] as const) {
      const page = await qapi([command, at('good.json')]);
      assert.equal(page.status, 0);
      assert.ok(page.stdout.startsWith(start));
      const file = at(`${command}.out`);
      assert.equal((await qapi([command, at('good.json'), '-o', file, '--check'])).status, 1);
      assert.deepEqual(await qapi([command, at('good.json'), '-o', file]), {
        status: 0,
        stdout: '',
        stderr: '',
      });
      assert.equal(readFileSync(file, 'utf8'), page.stdout);
      assert.equal((await qapi([command, at('good.json'), '-o', file, '--check'])).status, 0);
    }
  });

  test('introspect replaces names by numbers except with --unmasked', async (context) => {
    const at = schemas(context);
    assert.match((await qapi(['introspect', at('good.json')])).stdout, /"arg-type": "0"/);
    assert.match((await qapi(['introspect', '-u', at('good.json')])).stdout, /"arg-type": "q_empty"/);
  });
});

describe('runCommandLine', () => {
  const wrong: readonly (readonly [args: readonly string[], message: string])[] = [
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['--frobnicate'], "unknown option '--frobnicate'"],
    [['check'], 'a schema file is missing'],
    [['check', '--jsn', 'x'], "unknown option '--jsn'; did you mean '--json'?"],
    [['check', '-z', 'x'], "unknown option '-z'"],
    [['check', '--json=1', 'x'], "option '--json' takes no value"],
    [['check', 'x', '--dialect'], "option '--dialect' needs a value"],
    [['generate', 'x'], "the output folder is missing: give it with '-o DIR'"],
    [['generate', 'x', 'y', '-o', 'z'], "unexpected argument 'y': give one schema file only"],
    [
      ['generate', 'x', '-o', 'z', '-D', 'config'],
      "cannot define 'config': names of conditions have capitals, digits and '_'; use '*' for all",
    ],
    [
      ['generate', 'x', '-o', 'z', '--feature-type', 'base64'],
      "invalid 'base64': expected FEATURE=TYPE@MODULE",
    ],
    [['help', 'frobnicate'], "unknown command 'frobnicate'"],
  ];
  for (const [args, message] of wrong) {
    test(`reports a usage error for: qapi ${args.join(' ')}`, async () => {
      const { status, stdout, stderr } = await qapi(args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^qapi: .*\nTry 'qapi (?:\w+ )?--help'\.\n$/);
      assert.equal(stderr.slice('qapi: '.length, stderr.indexOf('\n')), message);
    });
  }

  test('prints the usage without a command', async () => {
    const { status, stderr } = await qapi([]);
    assert.equal(status, 2);
    assert.match(stderr, /^usage: qapi COMMAND/);
  });

  test('prints help for each command with all of its options', async () => {
    for (const [command, options] of Object.entries(OPTIONS)) {
      const { status, stdout } = await qapi([command, 'x', '--help']);
      assert.equal(status, 0);
      for (const section of ['SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'EXAMPLES']) {
        assert.ok(stdout.includes(`\n${section}\n`), `${command}: ${section}`);
      }
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
      for (const option of Object.keys(options))
        assert.ok(stdout.includes(`--${option}`), `${command} --${option}`);
    }
    assert.equal((await qapi(['help', 'docs'])).stdout, (await qapi(['docs', '-h'])).stdout);
  });

  test('prints the version of the package', async () => {
    const manifest = JSON.parse(
      readFileSync(fileURLToPath(new URL('../../../../package.json', import.meta.url)), 'utf8'),
    );
    assert.equal((await qapi(['--version'])).stdout, `qapi ${manifest.version}\n`);
  });
});

describe('qapi process', () => {
  test('reads a schema from standard input', () => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'check', '-'], {
      input: GOOD,
      encoding: 'utf8',
    });
    assert.deepEqual([status, stderr], [0, '0 errors, 0 warnings\n']);
  });

  test('writes to a named pipe without reading it', async (context) => {
    const folder = temporaryFolder(context);
    const [schema, pipe] = [join(folder, 'good.json'), join(folder, 'pipe')];
    writeFileSync(schema, GOOD);
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
    const writer = spawn(process.execPath, [PROGRAM, 'docs', schema, '-o', pipe]);
    let text = '';
    for await (const chunk of reader.stdout) text += String(chunk);
    if (writer.exitCode === null) await once(writer, 'close');
    assert.equal(writer.exitCode, 0);
    assert.match(text, /ping/);
  });

  test('writes to /dev/stdout', (context) => {
    const schema = join(temporaryFolder(context), 'good.json');
    writeFileSync(schema, GOOD);
    const command = '"$0" "$1" docs "$2" -o /dev/stdout | cat';
    const { stdout, stderr } = spawnSync('sh', ['-c', command, process.execPath, PROGRAM, schema], {
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    assert.match(stdout, /ping/);
  });

  test('exits with the status of the command', (context) => {
    const at = schemas(context);
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
    assert.equal(run('check', at('good.json')).status, 0);
    assert.equal(run('check', at('bad.json')).status, 1);
    assert.equal(run('check').status, 2);
    assert.doesNotMatch(run('check', at('bad.json')).stderr, /^ +at /m);
  });

  test('exits cleanly on EPIPE', async (context) => {
    const folder = temporaryFolder(context);
    mkdirSync(folder, { recursive: true });
    const commands = Array.from({ length: 5000 }, (_, index) => `{ 'command': 'command-number-${index}' }\n`);
    writeFileSync(join(folder, 'long.json'), commands.join(''));
    const child = spawn(process.execPath, [PROGRAM, 'docs', join(folder, 'long.json')]);
    let stderr = '';
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    await once(child, 'close');
    assert.equal(stderr, '');
  });
});
