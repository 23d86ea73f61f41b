import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { connect } from '@guestwire/client';
import { backup } from './backup.js';

const [target, program, ...args] = process.argv.slice(2);
if (target === undefined || program === undefined) {
  console.error('usage: npm start -- TARGET COMMAND [ARGUMENT]...');
  process.exit(2);
}

// Ctrl-C ends the snapshot and thaws the guest, instead of ending this program at once.
const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupt.abort(new Error(`interrupted by ${name}`)));
}

try {
  await using guest = await connect(target);
  const { filesystems, frozenMilliseconds } = await backup(
    guest,
    async (signal) => {
      await promisify(execFile)(program, args, { signal });
    },
    { signal: interrupt.signal },
  );
  console.log(`${filesystems} filesystems were frozen for ${frozenMilliseconds} ms`);
} catch (error) {
  console.error(`backup failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
