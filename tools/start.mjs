#!/usr/bin/env node
// Starts guestd on a unix socket in a temporary folder, to try it out; Ctrl-C stops it.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const GUESTD = fileURLToPath(new URL('../packages/agent/bin/guestd.js', import.meta.url));

/** Commands that would stop, suspend or freeze this machine. */
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

Starts guestd on a unix socket in a private folder, which is removed at exit.

  --unsafe   do not block the commands that shut down, suspend or freeze this machine
  --help     print this and exit

Other options are passed to guestd, such as --verbose.
`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(HELP);
  process.exit(0);
}
const unsafe = args.includes('--unsafe');

// mkdtemp sets mode 0700, so that no other user can connect.
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

// Ctrl-C also reaches the agent directly; other signals are forwarded. This program exits when the agent has.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    guestd.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  });
}
let ended = false;
guestd.on('error', (error) => {
  process.stderr.write(`cannot start guestd: ${error.message}\n`);
  process.exit(1);
});
guestd.on('exit', (code) => {
  ended = true;
  process.exit(code ?? 1);
});

await answering();
process.stdout.write(`\
guestd listens on ${socket}

In a second terminal:
  npx guestctl info --to unix:${socket}
  echo '{"execute":"guest-ping"}' | socat -t 1 - UNIX-CONNECT:${socket}

${
  unsafe
    ? 'No command is blocked: a connected host can shut down, suspend or freeze this machine.'
    : 'Shutdown, suspend and freeze are blocked, since they would act on this machine; npm start -- --unsafe allows them.'
}
Press Ctrl-C to stop it.
`);

/** Returns a new folder that only this user can enter. */
function privateFolder() {
  try {
    return mkdtempSync(join(tmpdir(), 'guestd-'));
  } catch (error) {
    process.stderr.write(
      `cannot create a folder for the socket in ${tmpdir()}: ${error.message.split(',')[0]}; set TMPDIR to a writable folder\n`,
    );
    process.exit(1);
  }
}

/** Resolves when the agent accepts connections. */
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
