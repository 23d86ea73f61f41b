import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Base64Data } from '@guestwire/protocol';
import { execCommands } from '@guestwire/protocol/contract';
import { context } from '../../support/command-context.js';
import { ExecCommands } from '../../support/exec-commands.js';
import { collectingLogger } from '../../support/logger.js';
import { zombies } from '../../support/stand-ins.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const MIB = 1024 * 1024;

/** Checks that a command fails with this text. */
function fails(work: Promise<unknown>, desc: string) {
  return assert.rejects(work, { name: /Error$/, message: desc });
}

/** What is said about a program that cannot be executed. */
function cannot(path: string, why: string) {
  return `Failed to execute child process \u201c${path}\u201d (${why})`;
}

/** How many descriptors this process has open. */
function openDescriptors() {
  return readdirSync('/proc/self/fd').length;
}

test('execModule has a handler for each exec command of the contract', () => {
  using exec = new ExecCommands();
  assert.deepEqual(Object.keys(exec.module.handlers).sort(), Object.keys(execCommands).sort());
});

test('guest-exec captures the requested streams and discards the others', async () => {
  using exec = new ExecCommands();
  const both = { exitcode: 0, out: 'o', outTruncated: false, err: 'e', errTruncated: false };
  for (const [capture, expected] of [
    [undefined, { exitcode: 0 }],
    [false, { exitcode: 0 }],
    ['none', { exitcode: 0 }],
    [true, both],
    ['separated', both],
    ['stdout', { exitcode: 0, out: 'o', outTruncated: false }],
    ['stderr', { exitcode: 0, err: 'e', errTruncated: false }],
    ['merged', { exitcode: 0, out: 'oe', outTruncated: false }],
  ] as const) {
    const script = { arg: ['-c', 'printf o; printf e >&2'] };
    const ended = await exec.run('/bin/sh', capture === undefined ? script : { ...script, capture });
    assert.deepEqual(ended, expected, String(capture));
  }
});

test('guest-exec keeps merged output in the order of writing', async () => {
  using exec = new ExecCommands();
  const script = 'i=0; while [ $i -lt 500 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done';
  const { out } = await exec.shell(script, { capture: 'merged' });
  assert.equal(out, Array.from({ length: 500 }, (_, i) => `o${i}\ne${i}\n`).join(''));
});

test('guest-exec-status has no data and no flags for a program without output', async () => {
  using exec = new ExecCommands();
  assert.deepEqual(await exec.run('/bin/true', { capture: true }), { exitcode: 0 });
});

test('guest-exec connects other streams to /dev/null, and leaves no other descriptor open', async () => {
  using exec = new ExecCommands();
  const links = 'for i in 0 1 2; do readlink /proc/$$/fd/$i; done; ls /proc/$$/fd';
  using folder = temporaryFolder();
  const file = folder.file('seen');
  assert.deepEqual(await exec.shell(`(${links}) 3>&1 > ${file} 3>&-`, { capture: 'none' }), { exitcode: 0 });
  assert.equal(readFileSync(file, 'utf8'), '/dev/null\n/dev/null\n/dev/null\n0\n1\n2\n');

  const { out = '' } = await exec.shell(links, { input: '' });
  assert.match(out, /^pipe:\[(\d+)\]\npipe:\[(?!\1)(\d+)\]\npipe:\[(?!\1|\2)\d+\]\n0\n1\n2\n$/);
});

test('guest-exec-status reports the exit status or the signal', async () => {
  using exec = new ExecCommands();
  assert.deepEqual(await exec.run('/bin/false'), { exitcode: 1 });
  assert.deepEqual(await exec.shell('exit 300'), { exitcode: 44 });
  for (const signal of [1, 9, 11, 15]) {
    assert.deepEqual(await exec.shell(`kill -${signal} $$`), { signal });
  }
});

test('guest-exec reports a program that cannot be executed, with the reason', async () => {
  using exec = new ExecCommands();
  using folder = temporaryFolder();
  const file = folder.file('plain');
  writeFileSync(file, 'text', { mode: 0o644 });
  const loop = folder.file('loop');
  symlinkSync(loop, loop);
  const long = `/${'x'.repeat(300)}`;
  for (const [path, why] of [
    ['/no/such/program', 'No such file or directory'],
    ['no-such-program', 'No such file or directory'],
    ['', 'No such file or directory'],
    [folder.path, 'Permission denied'],
    [file, 'Permission denied'],
    [`${file}/x`, 'Not a directory'],
    [loop, 'Too many levels of symbolic links'],
    [long, 'File name too long'],
    ['/no/such\0program', 'No such file or directory'],
  ] as const) {
    for (const capture of ['none', 'separated'] as const) {
      await fails(exec.start(path, { capture, input: 'x' }), cannot(path, why));
    }
  }
  await fails(
    exec.start('/bin/true', { arg: ['x'.repeat(200_000)] }),
    cannot('/bin/true', 'Argument list too long'),
  );
});

test('guest-exec leaves no descriptors open after a failed start', async () => {
  using exec = new ExecCommands();
  const before = openDescriptors();
  for (let i = 0; i < 50; i++) {
    await exec.start('/no/such/program', { input: 'x', capture: true }).catch(() => {});
  }
  assert.equal(openDescriptors(), before);
});

test('guest-exec searches a name without a slash in the PATH of the request, of the agent, or the default', async () => {
  using folder = temporaryFolder();
  for (const name of ['one', 'two']) {
    mkdirSync(folder.file(name));
    writeFileSync(folder.file(`${name}/tool`), `#!/bin/sh\necho ${name}\n`, { mode: 0o755 });
  }
  const [one, two] = [folder.file('one'), folder.file('two')];
  using exec = new ExecCommands({ env: { PATH: one } });
  const output = async (env?: string[]) =>
    (await exec.run('tool', { capture: true, ...(env && { env }) })).out;
  assert.equal(await output(), 'one\n');
  assert.equal(await output([]), 'one\n');
  assert.equal(await output(['XPATH=/nowhere']), 'one\n');
  assert.equal(await output([`PATH=${two}`, `PATH=${one}`]), 'two\n');
  assert.equal(await output([`PATH=/no/such/folder:${folder.file('one/tool')}:${two}:${one}`]), 'two\n');
  await fails(exec.start('tool', { env: ['PATH=/nowhere'] }), cannot('tool', 'No such file or directory'));
  await fails(exec.start('tool', { env: ['PATH='] }), cannot('tool', 'No such file or directory'));

  using bare = new ExecCommands({ env: {} });
  assert.deepEqual(await bare.run('true'), { exitcode: 0 });
});

test('guest-exec treats an empty part of PATH as the working directory', async () => {
  using folder = temporaryFolder();
  using exec = new ExecCommands();
  writeFileSync(folder.file('here'), '#!/bin/sh\necho found\n', { mode: 0o755 });
  const before = process.cwd();
  process.chdir(folder.path);
  try {
    for (const path of ['', ':/nowhere', '/nowhere:', '/nowhere::/nowhere', '.']) {
      assert.equal((await exec.run('here', { env: [`PATH=${path}`], capture: true })).out, 'found\n', path);
    }
  } finally {
    process.chdir(before);
  }
});

test('guest-exec skips a file without execute permission, and reports it as the reason', async () => {
  using folder = temporaryFolder();
  for (const name of ['one', 'two']) mkdirSync(folder.file(name));
  writeFileSync(folder.file('one/tool'), '#!/bin/sh\n', { mode: 0o644 });
  const [one, two] = [folder.file('one'), folder.file('two')];
  using exec = new ExecCommands({ env: { PATH: `${one}:${two}:/no/such/folder` } });
  await fails(exec.start('tool'), cannot('tool', 'Permission denied'));
  writeFileSync(folder.file('two/tool'), '#!/bin/sh\nexit 7\n', { mode: 0o755 });
  assert.deepEqual(await exec.run('tool'), { exitcode: 7 });
});

test('guest-exec runs an executable text without #! by the shell', async () => {
  using folder = temporaryFolder();
  using exec = new ExecCommands();
  writeFileSync(folder.file('script'), 'printf "%s|" "$0" "$@"\n', { mode: 0o755 });
  const { out } = await exec.run(folder.file('script'), { arg: ['a', 'b c'], capture: true });
  assert.equal(out, `${folder.file('script')}|a|b c|`);
});

test('guest-exec passes the path as argv[0], and the arguments unchanged', async () => {
  using exec = new ExecCommands();
  const { out } = await exec.run('cat', {
    arg: ['/proc/self/cmdline', '', 'a\0b', 'é😀'],
    capture: 'stdout',
  });
  const expected = ['cat', '/proc/self/cmdline', '', 'a\xc0\x80b', Buffer.from('é😀').toString('latin1')];
  assert.equal(out, expected.map((text) => `${text}\0`).join(''));
});

test('guest-exec replaces the environment by that of the request', async () => {
  using exec = new ExecCommands({ env: { PATH: '/usr/bin:/bin', OWN: 'yes' } });
  const environment = async (env?: string[]) =>
    (await exec.run('/usr/bin/env', { arg: ['-0'], capture: true, ...(env && { env }) })).out;
  assert.equal(await environment(), 'PATH=/usr/bin:/bin\0OWN=yes\0');
  assert.equal(await environment([]), undefined);
  assert.equal(await environment(['A=1', 'X', '=', '', 'A=2', '1=b=c']), 'A=1\0X\0=\0\0A=2\x001=b=c\0');
  assert.equal(await environment(['A=\0']), 'A=\xc0\x80\0');
});

test('guest-exec closes the input after the data', async () => {
  using exec = new ExecCommands();
  assert.equal((await exec.run('/bin/cat', { input: 'hello', capture: true })).out, 'hello');
  assert.deepEqual(await exec.run('/bin/cat', { input: '', capture: true }), { exitcode: 0 });
  assert.deepEqual(await exec.run('/bin/cat', { capture: true }), { exitcode: 0 });
});

test('guest-exec passes input that is larger than a pipe completely', async () => {
  using exec = new ExecCommands();
  const input = Buffer.alloc(3 * MIB, 'some text, ');
  const ended = await exec.shell('sleep 0.1; cat', { input });
  assert.equal(ended.out, input.toString('latin1'));
});

test('guest-exec accepts a program that does not read its input', async () => {
  const log = collectingLogger();
  using exec = new ExecCommands({ log });
  const before = openDescriptors();
  assert.deepEqual(await exec.run('/bin/true', { input: Buffer.alloc(MIB) }), { exitcode: 0 });
  assert.equal((await exec.shell('head -c 3', { input: Buffer.alloc(MIB, 'x') })).out, 'xxx');
  while (openDescriptors() > before) await setImmediate();
  assert.equal(log.lines.filter((line) => /not all input was read/.test(line)).length, 2);
});

test('guest-exec rejects input that is not base64 before it starts the program', async () => {
  using folder = temporaryFolder();
  using exec = new ExecCommands();
  const handler = exec.module.handlers['guest-exec'];
  const arg = [folder.file('started')];
  const data = Base64Data.fromText('a?==');
  await fails(
    (async () => handler({ path: '/usr/bin/touch', arg, 'input-data': data }, context))(),
    'Base64 data contains invalid characters',
  );
  assert.equal(existsSync(folder.file('started')), false);
});

test('guest-exec-status reports nothing but the state of a running process', async () => {
  using exec = new ExecCommands();
  using folder = temporaryFolder();
  const script = `echo early; : > ${folder.file('written')}; exec sleep 600`;
  const waiting = await exec.start('/bin/sh', { arg: ['-c', script], capture: true });
  try {
    while (!existsSync(folder.file('written'))) await setImmediate();
    for (let i = 0; i < 20; i++) {
      assert.deepEqual(await exec.status(waiting), { exited: false });
      await setImmediate();
    }
  } finally {
    process.kill(Number(waiting), 'SIGKILL');
  }
  assert.deepEqual(await exec.ended(waiting), { signal: 9, out: 'early\n', outTruncated: false });
});

test('guest-exec-status removes a process after it has reported the exit, and omits the number of an unknown one', async () => {
  using exec = new ExecCommands();
  const pid = await exec.start('/bin/true');
  await exec.ended(pid);
  for (const unknown of [pid, 0, -1, process.pid, 2 ** 40, 9223372036854775807n, -9223372036854775808n]) {
    await fails(exec.status(unknown), 'PID ld does not exist');
  }
});

test('guest-exec-status waits for a background process only if it holds a captured pipe', async () => {
  using exec = new ExecCommands();
  using folder = temporaryFolder();
  const background = `sleep 600 & echo $! > ${folder.file('pid')}; echo done`;
  assert.deepEqual(await exec.shell(background, { capture: 'none' }), { exitcode: 0 });
  const kill = () => process.kill(Number(readFileSync(folder.file('pid'), 'utf8')), 'SIGKILL');
  kill();

  for (const capture of ['separated', 'stdout', 'stderr', 'merged'] as const) {
    const pid = await exec.start('/bin/sh', { arg: ['-c', background], capture });
    while (existsSync(`/proc/${pid}`)) await setImmediate();
    for (let i = 0; i < 20; i++) {
      assert.deepEqual(await exec.status(pid), { exited: false }, capture);
      await setImmediate();
    }
    kill();
    const { exitcode, out } = await exec.ended(pid);
    assert.deepEqual([exitcode, out], [0, capture === 'stderr' ? undefined : 'done\n'], capture);
  }
});

test('guest-exec keeps 16 MiB of each stream, and reports truncation above that', async () => {
  using exec = new ExecCommands();
  const fill = (size: number) => `head -c ${size} /dev/zero`;
  const whole = await exec.shell(fill(16 * MIB));
  assert.equal(whole.out?.length, 16 * MIB);
  assert.equal(whole.outTruncated, false);
  const cut = await exec.shell(
    `printf begin; ${fill(16 * MIB)}; (printf err; ${fill(40 * MIB)}) >&2; exit 3`,
  );
  assert.equal(cut.exitcode, 3);
  assert.equal(cut.out?.length, 16 * MIB);
  assert.equal(cut.out?.slice(0, 6), 'begin\0');
  assert.equal(cut.outTruncated, true);
  assert.equal(cut.err?.length, 16 * MIB);
  assert.equal(cut.errTruncated, true);
});

test('the agent replies while a process floods it with output', async () => {
  using exec = new ExecCommands();
  const flood = await exec.start('/bin/sh', { arg: ['-c', 'exec yes'], capture: true });
  try {
    for (let i = 0; i < 10; i++) {
      assert.deepEqual(await exec.run('/bin/echo', { arg: [String(i)], capture: true }), {
        exitcode: 0,
        out: `${i}\n`,
        outTruncated: false,
      });
    }
  } finally {
    process.kill(Number(flood), 'SIGKILL');
  }
  assert.equal((await exec.ended(flood)).signal, 9);
});

test('guest-exec ignores and blocks no signal in a program', async () => {
  using exec = new ExecCommands();
  const { out = '' } = await exec.run('/bin/grep', { arg: ['^Sig[BI]', '/proc/self/status'], capture: true });
  const [blocked, ignored] = [...out.matchAll(/\t([0-9a-f]{16})\n/g)].map(([, mask]) => BigInt(`0x${mask}`));
  assert.equal(blocked, 0n);
  // Two that glibc keeps for itself are nobody's business.
  assert.equal((ignored ?? -1n) & 0x7fffffffn, 0n);
});

test('guest-exec keeps working directory, umask, session and process group of the agent', async () => {
  using exec = new ExecCommands();
  const umask = process.umask(0o027);
  try {
    const { out } = await exec.shell('pwd; umask; cut -d" " -f5,6 /proc/self/stat');
    const stat = readFileSync('/proc/self/stat', 'utf8').replace(/.*\) /, '').split(' ');
    assert.equal(out, `${process.cwd()}\n0027\n${stat[2]} ${stat[3]}\n`);
  } finally {
    process.umask(umask);
  }
});

test('guest-exec leaves no resources after thousands of processes', async () => {
  using exec = new ExecCommands();
  const before = openDescriptors();
  for (let i = 0; i < 2000; i++) {
    const capture = i % 10 === 0;
    assert.deepEqual(await exec.run('/bin/true', { capture, ...(capture && { input: 'x' }) }), {
      exitcode: 0,
    });
  }
  while (openDescriptors() > before) await setImmediate();
  assert.deepEqual(zombies(), []);
});

test('guest-exec keeps the outputs of two hundred concurrent processes apart', async () => {
  using exec = new ExecCommands();
  const before = openDescriptors();
  const pids = await Promise.all(
    Array.from({ length: 200 }, (_, i) => exec.start('/bin/echo', { arg: [`${i}`], capture: 'merged' })),
  );
  assert.equal(new Set(pids).size, 200);
  const outputs = await Promise.all(pids.map(async (pid) => (await exec.ended(pid)).out));
  assert.deepEqual(
    outputs,
    Array.from({ length: 200 }, (_, i) => `${i}\n`),
  );
  while (openDescriptors() > before) await setImmediate();
  assert.deepEqual(zombies(), []);
});

test('guest-exec waits for processes whose status is never requested', async () => {
  using exec = new ExecCommands();
  const pids = await Promise.all(Array.from({ length: 20 }, () => exec.start('/bin/true')));
  for (const pid of pids) while (existsSync(`/proc/${pid}`)) await setImmediate();
  for (const pid of pids) assert.deepEqual(await exec.status(pid), { exited: true, exitcode: 0 });
});

test('disposing of execModule keeps processes running, and waits for them', async () => {
  using folder = temporaryFolder();
  const exec = new ExecCommands();
  const script = `trap 'touch ${folder.file('trapped')}; exit' TERM; touch ${folder.file('ready')}; while :; do sleep 0.01; done`;
  const pid = await exec.start('/bin/sh', { arg: ['-c', script], capture: true, input: Buffer.alloc(MIB) });
  while (!existsSync(folder.file('ready'))) await setImmediate();
  exec[Symbol.dispose]();
  await fails(exec.status(pid), 'PID ld does not exist');
  process.kill(Number(pid), 'SIGTERM');
  while (existsSync(`/proc/${pid}`)) await setImmediate();
  assert.ok(existsSync(folder.file('trapped')));
  assert.equal(process.listenerCount('SIGCHLD'), 0);
});

test('exec commands log the arguments, but not the environment', async () => {
  const log = collectingLogger();
  using exec = new ExecCommands({ log });
  const pid = await exec.start('/bin/true', { arg: ['a', 'b c'], env: ['SECRET=1'] });
  await exec.ended(pid);
  await exec.status(-1).catch(() => {});
  assert.equal(log.lines[0], 'syslog: guest-exec called: "/bin/true a b c"');
  assert.equal(log.lines[1], `syslog: guest-exec-status called, pid: ${pid}`);
  assert.equal(log.lines.at(-1), 'syslog: guest-exec-status called, pid: 4294967295');
  assert.ok(!log.lines.some((line) => line.includes('SECRET')));
});
