import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { buildSync } from 'esbuild';
import { inject } from 'postject';
import { deafen } from './deafen.mjs';
import { projectFolder, version } from './project.mjs';
import { PackagingError, run } from './run.mjs';

/** Where Node looks for its program, and the mark in it that says there is one. */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** What can be made: the module that is the program, and whether it needs the native part. */
const PROGRAMS = {
  guestd: { entry: 'packages/agent/dist/src/main.js', native: true },
  guestctl: { entry: 'packages/cli/dist/src/main.js', native: false },
};

const NATIVE_PART = '@koromix/koffi-linux-x64/linux_x64/koffi.node';

const megabytes = (file) => `${(statSync(file).size / 1e6).toFixed(1)} MB`;

/**
 * Makes one file of a program, its native part if it has one, and Node.
 *
 * @param options.name `guestd` or `guestctl`
 * @param options.node the Node program to put inside; it must be able to run here
 * @param options.executable where the file comes out
 * @param options.work a folder for what lies between
 */
export async function makeExecutable({ name, node, executable, work, say }) {
  const { entry, native } = PROGRAMS[name];
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new PackagingError(
      'the executable is for x86-64 Linux, and is made there: Node makes part of it by running',
    );
  }
  say(`bundle: ${name}`);
  bundle(join(projectFolder, entry), join(work, `${name}.cjs`));

  say(`prepare: ${node}`);
  if (native) {
    run('strip', ['--strip-unneeded', '-o', join(work, 'koffi.node'), nativePart()], {
      debianPackage: 'binutils',
    });
  }
  // The program's name is kept inside, so no folder of this machine goes with it.
  const settings = {
    main: `${name}.cjs`,
    output: 'sea.blob',
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: native ? { 'koffi.node': 'koffi.node' } : {},
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(settings));
  // A fixed seed makes the code cache the same each time.
  run(node, ['--random-seed=1', '--experimental-sea-config', 'sea.json'], { cwd: work });

  say('join');
  // First strip, then inject: strip does not know what the injection has added, and breaks it.
  const unfinished = join(work, name);
  run('strip', ['-o', unfinished, node], { debianPackage: 'binutils' });
  const program = readFileSync(unfinished);
  deafen(program);
  writeFileSync(unfinished, program);
  await quietly(() =>
    inject(unfinished, RESOURCE, readFileSync(join(work, 'sea.blob')), { sentinelFuse: FUSE }),
  );
  chmodSync(unfinished, 0o755);

  const said = run(unfinished, ['--version']).trim();
  if (!said.includes(version)) throw new PackagingError(`${unfinished} --version says "${said}"`);
  renameSync(unfinished, executable);
  say(`executable: ${executable}, ${megabytes(executable)}`);
}

function bundle(entry, outfile) {
  if (!existsSync(entry)) throw new PackagingError(`${entry} is not there: run npm run build first`);
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    // Modules are found from here in a plain installation only.
    define: { 'import.meta.url': 'undefined' },
    logLevel: 'warning',
  });
}

/** The addon of the FFI for glibc. It belongs to a package of koffi's, and is found as koffi finds it. */
function nativePart() {
  const fromPosix = createRequire(join(projectFolder, 'packages/posix/package.json'));
  try {
    return createRequire(fromPosix.resolve('koffi')).resolve(NATIVE_PART);
  } catch {
    throw new PackagingError('koffi has no binary for this machine: run npm ci, with optional packages');
  }
}

/** The injector prints warnings about the sections that strip has taken; what counts is that the file runs. */
async function quietly(work) {
  const { warn, log, error } = console;
  console.warn = console.log = console.error = () => {};
  try {
    await work();
  } finally {
    Object.assign(console, { warn, log, error });
  }
}
