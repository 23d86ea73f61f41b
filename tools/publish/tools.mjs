// The tools and runtimes of this check: programs from npm packages, installed beside this file from its lock file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const modules = join(folder, 'node_modules');

/** Runs a program to its end and returns what it printed. An exit status other than 0 throws, with the output. */
export async function run(command, { cwd, timeout } = {}) {
  const [program, ...args] = command;
  const child = spawn(program, args, { cwd, timeout, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const [status, signal] = await once(child, 'close');
  if (status !== 0) {
    throw new Error(`${command.join(' ')} failed with ${signal ?? `status ${status}`}\n${output.trim()}`);
  }
  return output;
}

/** Installs the tools unless those of the lock file are installed. Takes a minute the first time. */
export async function installTools() {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const stamp = join(modules, '.installed-lock.json');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  // Runtimes and pnpm arrive as binaries inside of platform packages; no install script is needed.
  await run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  writeFileSync(stamp, lock);
}

/** Returns the path of a file of an installed tool. */
export function toolPath(path) {
  return join(modules, path);
}

function nodeRuntime(path, version) {
  return { name: `Node ${version.split('.')[0].replace('v', '')}`, program: path, args: [] };
}

/** Returns the runtimes of the matrix: the Node that runs this check, then those that are installed. */
export async function runtimes() {
  const others = await Promise.all(
    ['node-24/bin/node', 'node-26/bin/node'].map(async (path) =>
      nodeRuntime(toolPath(path), await run([toolPath(path), '--version'])),
    ),
  );
  const own = nodeRuntime(process.execPath, process.version);
  return [
    own,
    ...others.filter(({ name }) => name !== own.name),
    { name: 'Bun', program: toolPath('@oven/bun-linux-x64/bin/bun'), args: [] },
    {
      name: 'Deno',
      program: toolPath('@deno/linux-x64-glibc/deno'),
      args: ['run', '--allow-all', '--node-modules-dir=manual'],
    },
  ];
}
