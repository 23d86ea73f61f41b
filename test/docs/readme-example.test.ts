// The README's program with custom commands compiles and replies.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { it } from 'node:test';
import { connect } from '@guestwire/client';
import { projectFolder } from '../compat/agents.js';
import { projectFile, readersFolder, readmeBlock } from './support.js';

it('compiles the program of the README, which answers its own commands', async () => {
  using folder = readersFolder();
  const socket = join(folder.path, 'agent.sock');
  const program = readmeBlock('ts', 'createAgent').replaceAll('/run/kitchen', folder.path);
  assert.ok(program.includes(`'${socket}'`) && program.includes(`'${folder.path}'`));
  // Says when it listens, and thereby that the last line of the program has been reached.
  folder.write('main.ts', `${program}\nconsole.log('listening');\n`);
  folder.write('kitchen.json', `${readmeBlock('qapi')}\n`);
  const generate = /`npx qapi (generate [^`]+)`/.exec(projectFile('README.md'))?.[1];
  assert.ok(generate !== undefined);
  folder.run(join(projectFolder, 'packages/qapi/bin/qapi.js'), ...generate.split(' '));
  folder.compile();

  const agent = spawn(process.execPath, ['built/main.js'], {
    cwd: folder.path,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(agent, 'exit');
  try {
    await Promise.race([
      once(agent.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('the program ended before it listened'))),
    ]);
    await using guest = await connect(`unix:${socket}`);
    const boiled = await guest.callRaw('kitchen-boil', { minutes: 5 });
    assert.equal(JSON.stringify(Object.fromEntries(boiled as Iterable<[string, unknown]>)), '{"done":true}');
    await assert.rejects(
      guest.callRaw('kitchen-boil', { minutes: 'five' }),
      /Invalid parameter type for 'minutes'/,
    );
  } finally {
    agent.kill('SIGKILL');
    await ended;
  }
});
