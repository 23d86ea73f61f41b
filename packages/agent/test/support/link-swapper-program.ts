// Replaces folders and files of `ARGUMENT/allowed` by links to `ARGUMENT/outside` and back, until its input ends. Prints
// the number of swaps.
import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { argv, stdin, stdout } from 'node:process';

const [, , root = '.'] = argv;

/** The names in `allowed` that are replaced, and the target of the link in their place. */
const VICTIMS: readonly (readonly [name: string, target: string])[] = [
  ['folder', '../outside'],
  ['deep/folder', '../../outside'],
  ['absolute', `${root}/outside`],
  ['file', '../outside/file'],
  ['deep/file', '/proc/self/root/../outside/file'],
];

let swaps = 0;
let ended = false;

function swap(name: string, target: string): void {
  const path = `${root}/allowed/${name}`;
  renameSync(path, `${path}.aside`);
  symlinkSync(target, `${path}.link`);
  renameSync(`${path}.link`, path);
  unlinkSync(path);
  renameSync(`${path}.aside`, path);
  // Also without a moment at which the name does not exist.
  symlinkSync(target, `${path}.link`);
  renameSync(path, `${path}.aside`);
  renameSync(`${path}.link`, path);
  renameSync(path, `${path}.link`);
  renameSync(`${path}.aside`, path);
  unlinkSync(`${path}.link`);
  swaps += 2;
}

function run(): void {
  for (let round = 0; round < 20; round += 1) for (const [name, target] of VICTIMS) swap(name, target);
  if (ended) stdout.write(`${swaps}\n`);
  else setImmediate(run);
}

stdin.on('end', () => {
  ended = true;
});
stdin.resume();
stdout.write('ready\n');
run();
