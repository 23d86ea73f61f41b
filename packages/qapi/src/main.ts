/** The program `qapi`. */
import { runCommandLine } from './cli/run.js';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader may close the pipe (`qapi docs … | head`): exit without an error.
  if (error.code === 'EPIPE') process.exit();
  process.exitCode = 1;
  process.stderr.write(`qapi: cannot write the output: ${error.message}\n`);
});
process.stderr.on('error', () => process.exit(1));

async function run(): Promise<void> {
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    stdout: { write: (text) => void process.stdout.write(text), isTTY: process.stdout.isTTY },
    stderr: { write: (text) => void process.stderr.write(text), isTTY: process.stderr.isTTY },
    env: process.env,
  });
}

// The bundle is CommonJS, which has no top-level await.
void run();
