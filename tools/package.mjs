// Makes the single executable and the Debian package of guestd, the executable of guestctl, and the tarballs of the npm packages,
// each with a bill of materials.
//
//   npm run package [-- OPTIONS]
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { makeDebianPackage } from './package/debian.mjs';
import { makeExecutable } from './package/executable.mjs';
import { projectFolder, sourceDate, version } from './package/project.mjs';
import { canRun, PackagingError } from './package/run.mjs';
import { debianUrl, executableUrl, writeNpmBills, writeProgramBill } from './package/sbom/bills.mjs';
import { pack } from './publish/tarballs.mjs';
import { publicPackages } from './publish/workspace.mjs';

/** The values of `--only`. */
const PARTS = ['executable', 'guestd', 'guestctl', 'npm'];

const HELP = `\
Usage: npm run package [-- OPTIONS]

Makes dist/package/guestd, one file for x86-64 Linux that needs no Node in the guest,
dist/package/guestd_${version}_amd64.deb, which installs it in place of qemu-guest-agent,
dist/package/guestctl for hosts, with its manual page and completion beside it, and the
tarballs of the npm packages in dist/package/npm. Each has a bill of materials beside it,
FILE.cdx.json (CycloneDX 1.6).

      --node=PATH        the Node program to embed; default: the one that runs this program
      --only=WHAT        executable (guestd without its Debian package), guestd, guestctl or npm
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
  const addon = join(work, 'addon', 'koffi.node');
  mkdirSync(dirname(addon));
  const packages = await makeExecutable({ name: 'guestd', node, executable, addon, work, say });
  const date = sourceDate();
  const bill = { name: 'guestd', node, packages, date };
  writeProgramBill({ ...bill, file: executable, url: executableUrl('guestd') });
  if (only === 'executable') return [executable];
  if (!canRun('dpkg-deb')) {
    say('no Debian package is made: dpkg-deb is missing; install the Debian package dpkg');
    return [executable];
  }
  const file = join(output, `guestd_${version}_amd64.deb`);
  makeDebianPackage({ executable, addon, node, file, work, date, say });
  writeProgramBill({ ...bill, file, url: debianUrl('guestd') });
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
  const packages = await makeExecutable({ name: 'guestctl', node, executable, work, say });
  writeProgramBill({
    name: 'guestctl',
    node,
    packages,
    date: sourceDate(),
    file: executable,
    url: executableUrl('guestctl'),
  });
  const beside = BESIDE.map((path) => {
    const file = join(output, basename(path));
    copyFileSync(join(projectFolder, 'packaging', path), file);
    return file;
  });
  return [executable, ...beside];
}

/** Makes the tarballs of the npm packages. */
async function packageNpm({ output, say }) {
  const folder = join(output, 'npm');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const packed = await pack(publicPackages(), folder);
  writeNpmBills(packed, sourceDate());
  say(`npm packages: ${folder}, ${packed.length} tarballs`);
  return packed.map(({ tarball }) => tarball);
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
    const isWanted = (part) => only === undefined || only === part;
    const made = [];
    if (isWanted('guestd') || only === 'executable')
      made.push(...(await packageGuestd({ node, output, work, only, say })));
    if (isWanted('guestctl')) made.push(...(await packageGuestctl({ node, output, work, say })));
    if (isWanted('npm')) made.push(...(await packageNpm({ output, say })));
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
