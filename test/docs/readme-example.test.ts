// The program in the README, with commands of its own, compiles and answers.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { it } from 'node:test';
import { connect } from '@guestwire/client';
import { projectFolder } from '../compat/agents.js';
import { projectFile, readmeBlock } from './support.js';

const run = (program: string, args: readonly string[], cwd: string): string => {
  try {
    return execFileSync(process.execPath, [join(projectFolder, program), ...args], { cwd, encoding: 'utf8' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} failed: ${stdout}${stderr}`, { cause: error });
  }
};

it('compiles the program of the README, which answers its own commands', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestwire-readme-'));
  const socket = join(folder, 'agent.sock');
  try {
    const program = readmeBlock('ts').replaceAll('/run/kitchen', folder);
    assert.ok(program.includes(`'${socket}'`) && program.includes(`'${folder}'`));
    // Says when it listens, and thereby that the last line of the program has been reached.
    writeFileSync(join(folder, 'main.ts'), `${program}\nconsole.log('listening');\n`);
    writeFileSync(join(folder, 'kitchen.json'), `${readmeBlock('qapi')}\n`);
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    mkdirSync(join(folder, 'node_modules'));
    for (const scope of ['@guestwire', '@types', 'undici-types']) {
      symlinkSync(join(projectFolder, 'node_modules', scope), join(folder, 'node_modules', scope));
    }
    const generate = /`npx qapi (generate [^`]+)`/.exec(projectFile('README.md'))?.[1];
    assert.ok(generate !== undefined);
    run('packages/qapi/bin/qapi.js', generate.split(' '), folder);
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(projectFolder, 'tsconfig.base.json'),
        compilerOptions: { composite: false, types: ['node'] },
      }),
    );
    run('node_modules/typescript/bin/tsc', ['-p', '.', '--outDir', 'built'], folder);

    const agent = spawn(process.execPath, ['built/main.js'], {
      cwd: folder,
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
      assert.equal(
        JSON.stringify(Object.fromEntries(boiled as Iterable<[string, unknown]>)),
        '{"done":true}',
      );
      await assert.rejects(
        guest.callRaw('kitchen-boil', { minutes: 'five' }),
        /Invalid parameter type for 'minutes'/,
      );
    } finally {
      agent.kill('SIGKILL');
      await ended;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
