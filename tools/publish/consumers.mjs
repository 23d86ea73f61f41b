// Installs the tarballs outside of the project, as a user does, and compiles and runs a program for each package.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { run, toolPath } from './tools.mjs';
import { projectFolder, readJson } from './workspace.mjs';

const PROGRAM_TIMEOUT_MS = 60_000;

const programs = fileURLToPath(new URL('consumer/', import.meta.url));

/** Each manager installs into a folder, and takes overrides: packages that no registry has come from the tarballs. */
const managers = [
  {
    name: 'npm',
    manifest: (overrides) => ({ overrides }),
    install: ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'],
  },
  {
    name: 'pnpm',
    manifest: (overrides) => ({ pnpm: { overrides } }),
    install: [
      process.execPath,
      toolPath('pnpm/bin/pnpm.cjs'),
      'install',
      '--ignore-scripts',
      '--prefer-offline',
    ],
  },
];

/** Versions of TypeScript that a user may have, and the way in which it looks for modules. */
const compilers = [
  { name: 'TypeScript 7', program: join(projectFolder, 'node_modules/typescript/bin/tsc') },
  { name: 'TypeScript 5', program: toolPath('typescript-5/bin/tsc') },
];
const resolutions = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
];

function configurationOf(resolution) {
  return {
    compilerOptions: {
      ...resolution,
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      rootDir: '.',
      outDir: 'built',
    },
    include: ['*.ts', 'generated'],
  };
}

/** Writes the TypeScript programs of a package's README, which are compiled but not run: some need a guest. */
function writeReadmePrograms({ path, shortName, files }, cwd) {
  if (!files.includes('README.md')) return; // Reported with the manifest.
  const readme = readFileSync(join(path, 'README.md'), 'utf8');
  for (const [index, [, program]] of [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].entries()) {
    writeFileSync(join(cwd, `readme-${shortName}-${index}.ts`), program);
  }
}

/** Installs all packages into a new folder and compiles the programs there. */
async function prepare(manager, packages, parent) {
  const cwd = join(parent, manager.name);
  mkdirSync(cwd);
  const tarballs = Object.fromEntries(packages.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const types = readJson(join(projectFolder, 'package.json')).devDependencies['@types/node'];
  const manifest = {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: tarballs,
    devDependencies: { '@types/node': types },
    ...manager.manifest(tarballs),
  };
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(manifest, null, 2));
  cpSync(programs, cwd, { recursive: true });
  await run(manager.install, { cwd });
  for (const found of packages) writeReadmePrograms(found, cwd);
  const qapi = join(cwd, 'node_modules/@guestwire/qapi/bin/qapi.js');
  await run([process.execPath, qapi, 'generate', 'schema/kitchen.json', '-o', 'generated'], { cwd });
  for (const resolution of resolutions) {
    const project = join(cwd, `tsconfig.${resolution.moduleResolution}.json`);
    writeFileSync(project, JSON.stringify(configurationOf(resolution)));
    for (const { program } of compilers) await run([process.execPath, program, '-p', project], { cwd });
  }
  return cwd;
}

async function attempt({ program, args }, script, cwd) {
  try {
    await run([program, ...args, script], { cwd, timeout: PROGRAM_TIMEOUT_MS });
    return undefined;
  } catch (error) {
    return error.message;
  }
}

/** Returns a row for each package, manager and runtime; `problem` is absent if the program of the package ran. */
export async function runConsumers(packages, runtimes, parent) {
  const missing = packages.filter(({ shortName }) => !existsSync(join(programs, `${shortName}.ts`)));
  if (missing.length > 0) {
    throw new Error(`no program in tools/publish/consumer for ${missing.map(({ name }) => name).join(', ')}`);
  }
  const rows = await Promise.all(
    managers.map(async (manager) => {
      const cwd = await prepare(manager, packages, parent);
      const results = [];
      for (const { name, shortName } of packages) {
        for (const runtime of runtimes) {
          const problem = await attempt(runtime, join('built', `${shortName}.js`), cwd);
          results.push({ package: name, manager: manager.name, runtime: runtime.name, problem });
        }
      }
      return results;
    }),
  );
  return rows.flat();
}
