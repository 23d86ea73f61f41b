import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { buildSync } from 'esbuild';
import { inject } from 'postject';
import { deafen } from './deafen.mjs';
import { projectFolder, version } from './project.mjs';
import { PackagingError, run } from './run.mjs';

/** The names of the resource with the program and of the marker that enables it, as Node expects them. */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** The programs: their entry module, and whether they need the native addon. */
const PROGRAMS = {
  guestd: { entry: 'packages/agent/dist/src/main.js', native: true },
  guestctl: { entry: 'packages/cli/dist/src/main.js', native: false },
};

const NATIVE_PART = '@koromix/koffi-linux-x64/linux_x64/koffi.node';

const megabytes = (file) => `${(statSync(file).size / 1e6).toFixed(1)} MB`;

/**
 * Makes one executable file of a program, its native addon if it needs one, and Node.
 *
 * @param options.name `guestd` or `guestctl`
 * @param options.node the Node program to embed; it must run on this machine
 * @param options.executable the path of the file
 * @param options.work a folder for intermediate files
 */
export async function makeExecutable({ name, node, executable, work, say }) {
  const { entry, native } = PROGRAMS[name];
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new PackagingError(
      'the executable can only be made on x86-64 Linux, since Node itself makes a part of it',
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
  // The name of the entry is stored in the executable, so it must not contain a folder of this machine.
  const settings = {
    main: `${name}.cjs`,
    output: 'sea.blob',
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: native ? { 'koffi.node': 'koffi.node' } : {},
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(settings));
  // A fixed seed makes the code cache reproducible.
  run(node, ['--random-seed=1', '--experimental-sea-config', 'sea.json'], { cwd: work });

  say('join');
  // Strip before the injection: strip would damage the injected resource.
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
  if (!said.includes(version)) throw new PackagingError(`${unfinished} --version prints "${said}"`);
  renameSync(unfinished, executable);
  say(`executable: ${executable}, ${megabytes(executable)}`);
}

function bundle(entry, outfile) {
  if (!existsSync(entry)) throw new PackagingError(`${entry} does not exist; run npm run build first`);
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    // Only used to find modules in an installation from npm.
    define: { 'import.meta.url': 'undefined' },
    logLevel: 'warning',
  });
}

/** Returns the path of koffi's addon for glibc, resolved as koffi does. */
function nativePart() {
  const fromPosix = createRequire(join(projectFolder, 'packages/posix/package.json'));
  try {
    return createRequire(fromPosix.resolve('koffi')).resolve(NATIVE_PART);
  } catch {
    throw new PackagingError('koffi has no binary for this machine; run npm ci with optional packages');
  }
}

/** Runs the injector without its warnings about stripped sections; the result is tested by running it. */
async function quietly(work) {
  const { warn, log, error } = console;
  console.warn = console.log = console.error = () => {};
  try {
    await work();
  } finally {
    Object.assign(console, { warn, log, error });
  }
}
