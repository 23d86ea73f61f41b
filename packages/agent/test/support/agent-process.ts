import { createAgent } from '../../src/agent.js';
import { createLog } from '../../src/log/logger.js';
import { unixListen } from '../../src/transport/unix-listen.js';

// An agent in a separate process, for tests that kill it:
//   node agent-process.js SOCKET SYSTEM-ROOT STATE-FOLDER LOG-FILE [FSFREEZE-HOOK]
// It says `ready` on its standard output when hosts can connect.
const [socket = '', systemRoot = '', statedir = '', file = '', fsfreezeHook] = process.argv.slice(2);
const log = createLog({ file, verbose: true });
const agent = await createAgent({ transport: unixListen(socket), systemRoot, statedir, fsfreezeHook, log });
if (!agent.frozen) await log.open();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (!agent.frozen) void log.flush().then(() => process.exit());
  });
}
await agent.start();
process.stdout.write('ready\n');
