#!/usr/bin/env node
// Starts guestd on a unix socket in a temporary folder, to try it out; Ctrl-C stops it.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const GUESTD = fileURLToPath(new URL('../packages/agent/bin/guestd.js', import.meta.url));

/** What would stop or freeze the very machine on which the agent is tried out. */
const DANGEROUS = [
  'guest-shutdown',
  'guest-suspend-disk',
  'guest-suspend-ram',
  'guest-suspend-hybrid',
  'guest-fsfreeze-freeze',
  'guest-fsfreeze-freeze-list',
];

const HELP = `\
Usage: npm start [-- [--unsafe] [OPTIONS OF guestd]]

Starts guestd on a unix socket in a private folder, which is removed at the end.

  --unsafe   do not block the commands that shut down, suspend or freeze this machine
  --help     print this and exit

Other options go to guestd, --verbose for example.
`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(HELP);
  process.exit(0);
}
const unsafe = args.includes('--unsafe');

// mkdtemp makes the folder with mode 0700: nobody else can reach the socket.
const folder = privateFolder();
const socket = join(folder, 'ga.sock');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const guestd = spawn(
  process.execPath,
  [
    GUESTD,
    '--method=unix-listen',
    `--path=${socket}`,
    `--statedir=${folder}`,
    ...(unsafe ? [] : [`--block-rpcs=${DANGEROUS.join(',')}`]),
    ...args.filter((arg) => arg !== '--unsafe'),
  ],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);

// Ctrl-C reaches the agent by itself; a signal to us alone is handed on. Either way we end when it has.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    guestd.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  });
}
let ended = false;
guestd.on('error', (error) => {
  process.stderr.write(`guestd cannot be started: ${error.message}\n`);
  process.exit(1);
});
guestd.on('exit', (code) => {
  ended = true;
  process.exit(code ?? 1);
});

await answering();
process.stdout.write(`\
guestd answers on ${socket}

In a second terminal:
  npx guestctl info --to unix:${socket}
  echo '{"execute":"guest-ping"}' | socat -t 1 - UNIX-CONNECT:${socket}

${
  unsafe
    ? 'Nothing is blocked: a host that you connect can shut down, suspend or freeze this machine.'
    : 'Shutdown, suspend and freeze are blocked, since they would act on this machine; npm start -- --unsafe allows them.'
}
Ctrl-C ends it.
`);

/** A new folder that only we can enter. */
function privateFolder() {
  try {
    return mkdtempSync(join(tmpdir(), 'guestd-'));
  } catch (error) {
    process.stderr.write(
      `no folder for the socket can be made in ${tmpdir()}: ${error.message.split(',')[0]}. Set TMPDIR to a folder that you may write\n`,
    );
    process.exit(1);
  }
}

/** Settles when the agent takes connections. */
async function answering() {
  while (!ended) {
    const connected = await new Promise((resolve) => {
      const probe = connect(socket, () => {
        probe.destroy();
        resolve(true);
      });
      probe.on('error', () => resolve(false));
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
