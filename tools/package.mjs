// Makes the single executable and the Debian package of guestd, and the executable of guestctl.
//
//   npm run package [-- OPTIONS]
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { makeDebianPackage } from './package/debian.mjs';
import { makeExecutable } from './package/executable.mjs';
import { projectFolder, sourceDate, version } from './package/project.mjs';
import { canRun, PackagingError } from './package/run.mjs';

/** The values of `--only`. */
const PARTS = ['executable', 'guestd', 'guestctl'];

const HELP = `\
Usage: npm run package [-- OPTIONS]

Makes dist/package/guestd, one file for x86-64 Linux that needs no Node in the guest,
dist/package/guestd_${version}_amd64.deb, which installs it in place of qemu-guest-agent,
and dist/package/guestctl for hosts, with its manual page and completion beside it.

      --node=PATH        the Node program to embed; default: the one that runs this program
      --only=WHAT        executable (guestd without its Debian package), guestd or guestctl
  -o, --output=DIR       the output folder; default: dist/package
  -h, --help             print this and exit

The executable requires strip (Debian package binutils), the Debian package dpkg-deb (dpkg).
SOURCE_DATE_EPOCH is the time of all files inside; default: the time of the last commit.
The same sources, Node and time make the same bytes.
`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        node: { type: 'string', default: process.execPath },
        only: { type: 'string' },
        output: { type: 'string', short: 'o', default: join(projectFolder, 'dist/package') },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new PackagingError(`${error.message} (npm run package -- --help lists the options)`);
  }
}

/** Makes the executable of guestd, and its Debian package unless `--only` excludes it or dpkg-deb is missing. */
async function packageGuestd({ node, output, work, only, say }) {
  const executable = join(output, 'guestd');
  await makeExecutable({ name: 'guestd', node, executable, work, say });
  if (only === 'executable') return [executable];
  if (!canRun('dpkg-deb')) {
    say('no Debian package is made: dpkg-deb is missing; install the Debian package dpkg');
    return [executable];
  }
  const file = join(output, `guestd_${version}_amd64.deb`);
  makeDebianPackage({ executable, node, file, work, date: sourceDate(), say });
  return [executable, file];
}

/** The files that accompany guestctl. */
const BESIDE = [
  'man/guestctl.1',
  'completion/guestctl.bash',
  'completion/guestctl.fish',
  'completion/guestctl.zsh',
];

/** Makes the executable of guestctl and copies its accompanying files. */
async function packageGuestctl({ node, output, work, say }) {
  const executable = join(output, 'guestctl');
  await makeExecutable({ name: 'guestctl', node, executable, work, say });
  const beside = BESIDE.map((path) => {
    const file = join(output, basename(path));
    copyFileSync(join(projectFolder, 'packaging', path), file);
    return file;
  });
  return [executable, ...beside];
}

async function main() {
  const { only, help, ...paths } = readOptions();
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  if (only !== undefined && !PARTS.includes(only)) {
    throw new PackagingError(`--only takes ${PARTS.join(', ')}, not "${only}"`);
  }
  const node = resolve(paths.node);
  const output = resolve(paths.output);
  const say = (text) => process.stdout.write(`${text}\n`);
  const work = join(output, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const made = [];
    if (only !== 'guestctl') made.push(...(await packageGuestd({ node, output, work, only, say })));
    if (only === undefined || only === 'guestctl')
      made.push(...(await packageGuestctl({ node, output, work, say })));
    say(`done: ${made.map((file) => relative(process.cwd(), file)).join(', ')}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof PackagingError)) throw error;
  process.stderr.write(`package: ${error.message}\n`);
  process.exitCode = 1;
}
