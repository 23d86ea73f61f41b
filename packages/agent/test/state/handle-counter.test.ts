import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { AgentError } from '../../src/agent-error.js';
import { HandleCounter } from '../../src/state/handle-counter.js';
import { collectingLogger } from '../support/logger.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function open(statedir: string, frozen = false, log = collectingLogger()) {
  return HandleCounter.open({ log, statedir, frozen });
}

test('a missing state file is made, and handles begin with 1000', async () => {
  using folder = temporaryFolder();
  const counter = await open(folder.path);
  assert.equal(readFileSync(folder.file('qga.state'), 'latin1'), '[global]\nfd_counter=1000\n');
  assert.equal(statSync(folder.file('qga.state')).mode & 0o7777, 0o600);
  assert.equal(await counter.next(), 1000);
  assert.equal(await counter.next(), 1001);
  assert.equal(readFileSync(folder.file('qga.state'), 'latin1'), '[global]\nfd_counter=1002\n');
  assert.deepEqual(readdirSync(folder.path), ['qga.state']);
});

test('no handle is given twice, not even by the next agent', async () => {
  using folder = temporaryFolder();
  const given = new Set<unknown>();
  for (let start = 0; start < 3; start += 1) {
    const counter = await open(folder.path);
    for (let i = 0; i < 3; i += 1) given.add(await counter.next());
  }
  assert.deepEqual([...given], [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008]);
});

test('the number is exact beyond what a double can hold', async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.file('qga.state'), '[global]\nfd_counter=9007199254740993\n');
  const counter = await open(folder.path);
  assert.equal(await counter.next(), 9007199254740993n);
  assert.equal(readFileSync(folder.file('qga.state'), 'latin1'), '[global]\nfd_counter=9007199254740994\n');
});

test('the last number of 64 bits is never given', async () => {
  using folder = temporaryFolder();
  writeFileSync(folder.file('qga.state'), '[global]\nfd_counter=9223372036854775806\n');
  const counter = await open(folder.path);
  assert.equal(await counter.next(), 9223372036854775806n);
  await assert.rejects(counter.next(), { name: 'OperationError' });
});

for (const [content, first] of [
  ['', 1000],
  ['[global]\n', 1000],
  ['[other]\nfd_counter=7\n', 1000],
  ['# a comment\n\n [global]\n  fd_counter = 2000 \n', 2000],
  ['[global]\nfd_counter=5\nfd_counter=6\n', 6],
  ['[global]\nfd_counter=many\n', 0],
  ['[global]\nfd_counter=12x\n', 0],
  ['[global]\nfd_counter=\n', 0],
  ['[global]\nfd_counter=9223372036854775808\n', 0],
  ['[global]\nfd_counter=-3\n', -3],
] as const) {
  test(`a state file of ${JSON.stringify(content)} begins with ${first}`, async () => {
    using folder = temporaryFolder();
    writeFileSync(folder.file('qga.state'), content);
    assert.equal(await (await open(folder.path)).next(), first);
  });
}

for (const [content, reason] of [
  ['fd_counter=1\n', 'Key file does not start with a group'],
  [
    '[global]\nnonsense\n',
    'Key file contains line “nonsense” which is not a key-value pair, group, or comment',
  ],
] as const) {
  test(`a state file of ${JSON.stringify(content)} stops the agent and is left as it is`, async () => {
    using folder = temporaryFolder();
    const path = folder.file('qga.state');
    writeFileSync(path, content);
    await assert.rejects(open(folder.path), (error) => {
      assert.ok(error instanceof AgentError);
      assert.equal(error.code, 'state');
      assert.equal(error.message, `error loading persistent state from path: ${path}, ${reason}`);
      return true;
    });
    assert.equal(readFileSync(path, 'latin1'), content);
  });
}

test('a state file that is a folder stops the agent', async () => {
  using folder = temporaryFolder();
  mkdirSync(folder.file('qga.state'));
  await assert.rejects(open(folder.path), {
    code: 'state',
    message: /^error loading persistent state from path: /,
  });
});

test('a state folder that is missing stops the agent, with an error that names the file and the reason', async () => {
  using folder = temporaryFolder();
  const path = folder.file('missing/qga.state');
  await assert.rejects(open(folder.file('missing')), {
    code: 'state',
    message: `failed to write persistent state to ${path}: No such file or directory`,
  });
});

test('an agent that begins frozen makes no state file', async () => {
  using folder = temporaryFolder();
  await open(folder.path, true);
  assert.deepEqual(readdirSync(folder.path), []);
});

test('a handle is not given if the number cannot be kept, and the number is not used again', async () => {
  using folder = temporaryFolder();
  mkdirSync(folder.file('state'));
  const counter = await open(folder.file('state'));
  rmSync(folder.file('state'), { recursive: true });
  await assert.rejects(counter.next(), { message: 'failed to commit persistent state to disk' });
  mkdirSync(folder.file('state'));
  assert.equal(await counter.next(), 1001);
});

test('a link that another user has planted in the folder is not written through', async () => {
  using folder = temporaryFolder();
  const counter = await open(folder.path);
  writeFileSync(folder.file('precious'), 'data');
  symlinkSync('precious', folder.file(`qga.state.${process.pid}`));
  await counter.next();
  assert.equal(readFileSync(folder.file('precious'), 'utf8'), 'data');
});

test('HandleCounter.open removes temporary files of an agent that was killed, and no others', async () => {
  using folder = temporaryFolder();
  for (const name of ['qga.state.0123456789ab', 'qga.state.isfrozen', 'qga.state.bak']) {
    writeFileSync(folder.file(name), '');
  }
  await open(folder.path, true);
  assert.equal(readdirSync(folder.path).length, 3, 'nothing is removed while frozen');
  await open(folder.path);
  assert.deepEqual(readdirSync(folder.path).sort(), ['qga.state', 'qga.state.bak', 'qga.state.isfrozen']);
});
