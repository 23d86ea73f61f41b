import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

/**
 * Compiles on each change, and runs the selected tests after each compilation without errors. A change during a run
 * ends that run and starts another.
 *
 * @param root the project's folder
 * @param test the test program and its arguments
 */
export function watch(root, test) {
  const compiler = spawn(join(root, 'node_modules/.bin/tsc'), ['-b', '--watch', '--preserveWatchOutput'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  compiler.on('exit', (status) => process.exit(status ?? 1));
  let running;
  createInterface({ input: compiler.stdout }).on('line', (line) => {
    console.log(line);
    if (!line.includes('Found 0 errors')) return;
    running?.kill();
    running = spawn(process.execPath, test, { stdio: ['ignore', 'inherit', 'inherit'] });
  });
}
