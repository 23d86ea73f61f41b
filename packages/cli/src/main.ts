import process from 'node:process';
import { standardInput } from './input/standard-input.js';
import { endingSignals, interruptible } from './interrupts.js';
import { runGuestctl } from './run.js';

const interrupts = interruptible(({ exitStatus }) => process.exit(exitStatus));
for (const signal of endingSignals) process.on(signal, () => interrupts.interrupt(signal));

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A terminal that is gone: SIGHUP says so too.
    if (error.code === 'EIO') return;
    if (error.code !== 'EPIPE') throw error;
    // A reader that has seen enough, such as `head`, is no error. What must be put in order first, still is.
    if (!interrupts.shielded) process.exit();
  });
}

async function run(): Promise<void> {
  process.exitCode = await runGuestctl(process.argv.slice(2), {
    process: { stdout: process.stdout, stderr: process.stderr, env: process.env },
    input: standardInput(() => process.stdin, process.stderr),
    interrupts,
    now: Date.now,
  });
  // What is left, such as a read of standard input that never ends, is of no use to anybody.
  if (interrupts.signal.aborted) process.exit();
}

// The bundle is CommonJS, which cannot wait here; what is thrown ends the program all the same.
void run();
