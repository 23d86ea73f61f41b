import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';
import { inject } from 'postject';
import { deafen } from './deafen.mjs';
import { lazyBuiltins } from './lazy-builtins.mjs';
import { changeMachineCode } from './machine-code.mjs';
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

const NATIVE_PACKAGE = '@koromix/koffi-linux-x64';
const NATIVE_PART = `${NATIVE_PACKAGE}/linux_x64/koffi.node`;

const megabytes = (file) => `${(statSync(file).size / 1e6).toFixed(1)} MB`;

/**
 * Makes one executable file of a program, its native addon if it needs one, and Node.
 *
 * @param options.name `guestd` or `guestctl`
 * @param options.node the Node program to embed; it must run on this machine
 * @param options.executable the path of the file
 * @param options.addon the path of a copy of the native addon, if the program needs one
 * @param options.work a folder for intermediate files
 * @returns the names of the npm packages whose code is in the executable
 */
export async function makeExecutable({ name, node, executable, addon, work, say }) {
  const { entry, native } = PROGRAMS[name];
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new PackagingError(
      'the executable can only be made on x86-64 Linux, since Node itself makes a part of it',
    );
  }
  say(`bundle: ${name}`);
  const packages = await bundle(join(projectFolder, entry), join(work, `${name}.cjs`));

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
  changeMachineCode(node, program);
  writeFileSync(unfinished, program);
  await quietly(() =>
    inject(unfinished, RESOURCE, readFileSync(join(work, 'sea.blob')), { sentinelFuse: FUSE }),
  );
  chmodSync(unfinished, 0o755);

  const said = run(unfinished, ['--version']).trim();
  if (!said.includes(version)) throw new PackagingError(`${unfinished} --version prints "${said}"`);
  if (native) renameSync(join(work, 'koffi.node'), addon);
  renameSync(unfinished, executable);
  say(`executable: ${executable}, ${megabytes(executable)}`);
  return native ? [...packages, NATIVE_PACKAGE] : packages;
}

/** Bundles a program into one file, and returns the names of the npm packages whose code is in it. */
async function bundle(entry, outfile) {
  if (!existsSync(entry)) throw new PackagingError(`${entry} does not exist; run npm run build first`);
  const { metafile } = await build({
    entryPoints: [entry],
    outfile,
    absWorkingDir: projectFolder,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    plugins: [lazyBuiltins],
    // Only used to find modules in an installation from npm.
    define: { 'import.meta.url': 'undefined' },
    logLevel: 'warning',
  });
  return [...new Set(Object.keys(metafile.inputs).filter(isFile).map(packageOf))].sort();
}

/** Modules that a plugin has made are not files: `lazy-builtin:node:crypto`. */
const isFile = (input) => !/^[\w-]+:/.test(input);

/** Returns the name of the npm package of a module, by its path from the project. */
function packageOf(path) {
  const installed = /.*node_modules\/((@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  if (installed !== undefined) return installed;
  const [folder] = /^packages\/[^/]+/.exec(path);
  return JSON.parse(readFileSync(join(projectFolder, folder, 'package.json'), 'utf8')).name;
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
