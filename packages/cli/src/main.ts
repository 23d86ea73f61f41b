import process from 'node:process';
import { exitStatus } from './exit-status.js';
import { standardInput } from './input/standard-input.js';
import { ENDING_SIGNALS, interruptible } from './interrupts.js';
import { runGuestctl } from './run.js';

const interrupts = interruptible(({ exitStatus }) => process.exit(exitStatus));
for (const signal of ENDING_SIGNALS) process.on(signal, () => interrupts.interrupt(signal));

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // The terminal is closed; SIGHUP follows.
    if (error.code === 'EIO') return;
    // A reader such as `head` has closed the pipe, or a disk is full. Exit, unless a cleanup must run first.
    if (error.code !== 'EPIPE') {
      process.exitCode = exitStatus.usage;
      if (stream !== process.stderr)
        process.stderr.write(`guestctl: cannot write the output: ${error.message}\n`);
    }
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
  // A pending read of standard input would keep the process alive.
  if (interrupts.signal.aborted) process.exit();
}

// The bundle is CommonJS, which has no top-level await.
void run();
