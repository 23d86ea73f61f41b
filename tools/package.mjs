// Makes what is installed in a guest: a single executable, and a Debian package around it.
//
//   npm run package [-- OPTIONS]
import { mkdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { makeDebianPackage } from './package/debian.mjs';
import { makeExecutable } from './package/executable.mjs';
import { projectFolder, sourceDate, version } from './package/project.mjs';
import { canRun, PackagingError } from './package/run.mjs';

const HELP = `\
Usage: npm run package [-- OPTIONS]

Makes dist/package/guestd, one file for x86-64 Linux that needs no Node in the guest,
and dist/package/guestd_${version}_amd64.deb, which installs it in place of qemu-guest-agent.

      --node=PATH        the Node program to put inside; default the one that runs this
      --only=executable  no Debian package
  -o, --output=DIR       where the files come out; default dist/package
  -h, --help             print this and exit

The executable takes strip (Debian package binutils), the Debian package takes dpkg-deb (dpkg).
SOURCE_DATE_EPOCH gives the time of all files inside; default is the last commit's.
The same sources, Node and time make the same bytes.
`;

/** Node tells from the unknown word alone what to do next. */
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

async function main() {
  const { only, help, ...paths } = readOptions();
  if (help) {
    process.stdout.write(HELP);
    return;
  }
  if (only !== undefined && only !== 'executable') {
    throw new PackagingError(`--only takes "executable", not "${only}"`);
  }
  const node = resolve(paths.node);
  const output = resolve(paths.output);
  const say = (text) => process.stdout.write(`${text}\n`);
  const work = join(output, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const executable = join(output, 'guestd');
    await makeExecutable({ node, executable, work, say });
    if (only === 'executable') return;
    if (!canRun('dpkg-deb')) {
      say('no Debian package: dpkg-deb is not here; the Debian package dpkg brings it');
      return;
    }
    const file = join(output, `guestd_${version}_amd64.deb`);
    makeDebianPackage({ executable, node, file, work, date: sourceDate(), say });
    say(`done: ${relative(process.cwd(), executable)}, ${relative(process.cwd(), file)}`);
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
