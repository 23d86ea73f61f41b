// Packs the public packages, and checks what is in the tarballs.

import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import { normalizeModes } from './modes.mjs';
import { run, toolPath } from './tools.mjs';
import { projectFolder, readJson } from './workspace.mjs';

const REPOSITORY = 'https://github.com/guestwire/guestwire';

/** Packs each package into the folder and returns the packages with `tarball`, the path, and `files`, its contents. */
export async function pack(packages, folder) {
  normalizeModes(packages);
  const output = await run(
    [
      'npm',
      'pack',
      '--json',
      '--ignore-scripts',
      '--pack-destination',
      folder,
      ...packages.flatMap(({ folder }) => ['-w', folder]),
    ],
    { cwd: projectFolder },
  );
  const packed = JSON.parse(output.slice(output.search(/^[[{]/m)));
  const list = Array.isArray(packed) ? packed : Object.values(packed);
  return packages.map((found) => {
    const { filename, files } = list.find(({ name }) => name === found.name);
    return { ...found, tarball: join(folder, filename), files: files.map(({ path }) => path) };
  });
}

function hasSources(path, map, files) {
  return readJson(join(path, map)).sources.every((source) =>
    files.includes(posix.join(posix.dirname(map), source)),
  );
}

/** Returns what is missing or wrong in the manifest and among the files of a packed package. */
export function manifestProblems({ name, folder, path, manifest, files }) {
  const problems = [];
  const check = (holds, problem) => {
    if (!holds) problems.push(`${name}: ${problem}`);
  };
  check(manifest.repository?.url === `git+${REPOSITORY}.git`, 'repository.url');
  check(manifest.repository?.directory === folder, `repository.directory is not ${folder}`);
  for (const key of ['description', 'homepage', 'bugs', 'license', 'engines'])
    check(manifest[key], `no ${key}`);
  check(manifest.keywords?.length > 0, 'no keywords');
  check(manifest.sideEffects !== undefined, 'no sideEffects');
  check(manifest.publishConfig?.access === 'public', 'publishConfig.access is not public');
  check(files.includes('README.md'), 'no README.md');
  check(files.includes('LICENSE'), 'no LICENSE');
  check(
    !files.includes('LICENSE') ||
      readFileSync(join(path, 'LICENSE')).equals(readFileSync(join(projectFolder, 'LICENSE'))),
    'LICENSE differs from that of the project',
  );
  for (const [dependency, range] of Object.entries({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  })) {
    if (dependency === 'koffi') check(/^\d/.test(range), 'koffi is not pinned to an exact version');
  }
  check(!files.some((file) => /\.test\.|(^|\/)test\//.test(file)), 'tests are packed');
  const sourceless = files.filter((file) => file.endsWith('.map') && !hasSources(path, file, files));
  check(
    sourceless.length === 0,
    `maps without sources; is the build stale? ${sourceless.slice(0, 3).join(', ')} …`,
  );
  return problems;
}

/** Returns what publint and arethetypeswrong find in a tarball. */
export async function tarballProblems({ name, tarball }) {
  const tools = [
    [toolPath('publint/src/cli.js'), tarball, '--strict'],
    // All packages are ES modules only, which `require` of Node 20.19 and later loads.
    [
      toolPath('@arethetypeswrong/cli/dist/index.js'),
      tarball,
      '--profile',
      'esm-only',
      '--no-emoji',
      '--no-color',
    ],
  ];
  const results = await Promise.allSettled(tools.map((args) => run([process.execPath, ...args])));
  return results.flatMap(({ reason }) =>
    reason === undefined || isShellProgram(reason.message) ? [] : [`${name}: ${reason.message}`],
  );
}

/** publint accepts programs of Node only, but guestd.js is also a shell script, which starts Node safely. */
function isShellProgram(message) {
  // publint colours its output when FORCE_COLOR is set, as some CI services do.
  const findings = stripVTControlCharacters(message).match(/^\s*\d+\. .*$/gm) ?? [];
  return findings.length === 1 && /pkg\.bin\.guestd is .* should start with a shebang/.test(findings[0]);
}
