import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { runHelper, runQuietly } from '../../../src/exec/helper.js';
import { cannotFreeze, loopFilesystems } from '../../support/loop-filesystems.js';
import { type StandIns, standIns, zombies } from '../../support/stand-ins.js';
import { until } from '../../support/until.js';

/** Runs a shell script as a helper. */
function help(stand: StandIns, body: string, more: { input?: string; limit?: number } = {}): Promise<void> {
  stand.script('bin/helper', body);
  const { limit = 60_000, ...rest } = more;
  return runHelper(
    { name: 'helper', args: ['one', 'two words'], action: 'help', ...rest },
    { env: stand.env, helperTimeout: limit / 1000 },
  );
}

function fails(work: Promise<void>, message: string) {
  return assert.rejects(work, { name: 'OperationError', message });
}

test('a helper that exits with status 0 succeeds, whatever its output', async () => {
  using stand = standIns();
  await help(stand, 'echo "$0: $1, $2" >> $CALLS; echo all is well; echo really >&2');
  assert.deepEqual(stand.calls(), [`${stand.root}/bin/helper: one, two words`]);
});

test('a helper that exits with another status fails with its output in order', async () => {
  using stand = standIns();
  await fails(
    help(stand, 'echo one; echo two >&2; echo three; exit 1'),
    'child process has failed to help: one\ntwo\nthree\n',
  );
  await fails(help(stand, 'exit 77'), 'child process has failed to help: exit status 77');
});

test('a helper error quotes the output up to its first NUL', async () => {
  using stand = standIns();
  await fails(help(stand, 'printf "one\\0two"; exit 1'), 'child process has failed to help: one');
});

test('a helper error distinguishes a signal from an exit status', async () => {
  using stand = standIns();
  await fails(help(stand, 'kill -9 $$'), 'child process has terminated abnormally');
  await fails(help(stand, 'printf oh; kill -9 $$'), 'child process has terminated abnormally: oh');
});

test('a helper that cannot be executed fails with the text of the C agent', async () => {
  using stand = standIns();
  const run = (name: string) =>
    runHelper({ name, args: [], action: 'help' }, { env: stand.env, helperTimeout: 60 });
  await fails(
    run('missing'),
    "child process has failed to help: failed to exec 'missing': No such file or directory\n",
  );
  stand.script('bin/forbidden', '');
  chmodSync(`${stand.root}/bin/forbidden`, 0o644);
  await fails(
    run(`${stand.root}/bin/forbidden`),
    `child process has failed to help: failed to exec '${stand.root}/bin/forbidden': Permission denied\n`,
  );
});

test('a helper runs in its own session with an empty stdin', async () => {
  using stand = standIns();
  await help(stand, 'read -r _ _ _ _ _ session _ < /proc/$$/stat; [ $session = $$ ] && ! read -r line');
});

test('a helper reads its input', async () => {
  using stand = standIns();
  await help(stand, 'while read -r line; do echo "got $line" >> $CALLS; done', { input: 'a:b\nc\n' });
  assert.deepEqual(stand.calls(), ['got a:b', 'got c']);
});

test('a helper succeeds without reading an input that fits into a pipe', async () => {
  using stand = standIns();
  await help(stand, 'exec <&-; echo closed >> $CALLS', { input: 'a:b\n' });
  await help(stand, 'exit 0', { input: 'x'.repeat(1 << 16) });
  assert.deepEqual(stand.calls(), ['closed']);
});

test('a helper whose input is inherited by a background process does not block', async () => {
  using stand = standIns();
  await fails(
    help(stand, 'exec 3<&0; /bin/sleep 1000 <&3 >/dev/null 2>&1 & echo $! >> $CALLS', {
      input: 'x'.repeat(1 << 22),
    }),
    'help: cannot write to stdin pipe: Broken pipe',
  );
  const [pid = ''] = stand.calls();
  process.kill(Number(pid));
});

test('a helper that does not read a long input fails without ending the agent', async () => {
  using stand = standIns();
  await fails(
    help(stand, 'exit 0', { input: 'x'.repeat(1 << 22) }),
    'help: cannot write to stdin pipe: Broken pipe',
  );
});

test('a helper that fails before it has read its input is reported with its own output', async () => {
  using stand = standIns();
  await fails(
    help(stand, 'echo not today; exit 1', { input: 'x'.repeat(1 << 22) }),
    'child process has failed to help: not today\n',
  );
});

test('a background process of a helper does not block the agent', async () => {
  using stand = standIns();
  const fifo = `${stand.root}/fifo`;
  execFileSync('mkfifo', [fifo]);
  // The background process keeps the output open until the test writes to the FIFO.
  await fails(
    help(stand, `echo before; (read -r line < ${fifo}; echo done >> $CALLS) & exit 3`),
    'child process has failed to help: before\n',
  );
  assert.deepEqual(stand.calls(), []);
  // The process is still running and ends on request.
  writeFileSync(fifo, 'go\n');
  while (stand.calls().length === 0) await setImmediate();
  assert.deepEqual(stand.calls(), ['done']);
});

test('a helper that exceeds the time limit is killed with its children', async () => {
  using stand = standIns();
  const body = 'echo $$ >> $CALLS; /bin/sleep 1000 & echo $! >> $CALLS; wait';
  await fails(help(stand, body, { limit: 300 }), 'child process has failed to help: it did not end in time');
  for (const pid of stand.calls()) {
    // The signal was sent; the kernel may take a moment to end the process.
    await until(() => /\) [^Z]/.exec(readStat(pid)) === null);
  }
});

test('a killed helper that hangs in disk I/O does not block the agent', {
  skip: cannotFreeze(),
}, async () => {
  using filesystems = loopFilesystems();
  const [directory = ''] = filesystems.directories;
  using stand = standIns();
  execFileSync('fsfreeze', ['-f', directory]);
  const body = `echo $$ >> $CALLS; echo written > '${directory}/new'`;
  await fails(help(stand, body, { limit: 300 }), 'child process has failed to help: it did not end in time');
  const [pid = ''] = stand.calls();
  assert.match(readStat(pid), /\) D /);
  execFileSync('fsfreeze', ['-u', directory]);
  while (readStat(pid) !== '') await setImmediate();
});

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '';
  }
}

test('a helper error quotes the beginning of endless output', async () => {
  using stand = standIns();
  const body =
    'i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done; exit 1';
  await assert.rejects(help(stand, body), ({ message }: Error) => {
    assert.match(message, /^child process has failed to help: 0123456789/);
    assert.equal(message.length, 'child process has failed to help: '.length + 64 * 1024);
    return true;
  });
});

test('a program without output returns its status, or undefined if it cannot run or is killed', async () => {
  using stand = standIns();
  stand.script('bin/three', 'exit 3');
  stand.script('bin/killed', 'kill -9 $$');
  stand.script('bin/slow', 'exec /bin/sleep 1000');
  const run = (name: string) => runQuietly({ name, args: [], env: stand.env, limit: 300 });
  assert.equal(await run('three'), 3);
  assert.equal(await run('killed'), undefined);
  assert.equal(await run('slow'), undefined);
  assert.equal(await run('missing'), undefined);
});

test('a helper leaves no zombie process', async () => {
  using stand = standIns();
  await Promise.allSettled([
    help(stand, 'exit 1'),
    help(stand, 'kill -9 $$'),
    runQuietly({ name: 'missing', args: [], env: stand.env, limit: 300 }),
  ]);
  assert.deepEqual(zombies(), []);
});

test('a helper ends while its background process prints without end', async () => {
  using stand = standIns();
  await assert.rejects(help(stand, '/usr/bin/yes & exit 3'), {
    message: /^child process has failed to help: (exit status 3$|y\n)/,
  });
});

test("a helper's background process may print after the helper has ended", async () => {
  using stand = standIns();
  const gate = stand.folder.file('gate');
  execFileSync('mkfifo', [gate]);
  await help(stand, `(read -r line < ${gate}; echo later; echo printed >> $CALLS) &`);
  writeFileSync(gate, 'go\n');
  await until(() => stand.calls().length > 0);
  assert.deepEqual(stand.calls(), ['printed']);
});

test("a helper's background process that prints without end receives SIGPIPE after a megabyte", async () => {
  using stand = standIns();
  await help(stand, '(/usr/bin/yes; echo $? >> $CALLS) &');
  await until(() => stand.calls().length > 0);
  // A shell reports a signal as 128 and its number.
  assert.deepEqual(stand.calls(), ['141']);
});

test('the output of background processes takes sixteen descriptors at most', async () => {
  using stand = standIns();
  const gate = stand.folder.file('gate');
  execFileSync('mkfifo', [gate]);
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  for (let run = 0; run < 40; run += 1) await help(stand, `(read -r line < ${gate}) &`);
  await until(() => descriptors() <= before + 16);
  // Opened for reading, too: it needs no reader.
  const writer = openSync(gate, 'r+');
  writeSync(writer, 'go\n'.repeat(40));
  await until(() => descriptors() <= before + 1);
  closeSync(writer);
});
