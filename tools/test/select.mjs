import { readdirSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

/** A compiled test and the folders that hold compiled tests: `packages/NAME/dist/test`, `bench/dist/test` and `test/dist`. */
const COMPILED = /^((?:packages\/[^/]+|bench)\/dist\/test|test\/dist)\//;

/**
 * Tests in real guests come last, the longest of them first: a few files run at a time, failures of short tests are
 * seen sooner, and the run does not end with one long test.
 */
const LONGEST_VM_TESTS = [
  'virsh',
  'client',
  'power-sysvinit',
  'storage',
  'power-systemd',
  'freeze',
  'conversation',
  'package',
  'host-side',
];

/**
 * Returns the compiled test files that the arguments select, in the order in which to run them.
 *
 * @param root the project's folder
 * @param paths test files, source files or folders, relative to `from`; none selects all tests
 * @param from the folder that the command was typed in
 * @param filters `only`: words of which a path must contain one; `unit`: without integration tests
 * @throws {Error} if a path has no tests
 */
export function selectTests(root, paths, from, { only, unit }) {
  const all = compiledTests(root);
  const selected =
    paths.length === 0 ? all : paths.flatMap((path) => testsOf(root, resolve(from, path), all));
  return [...new Set(selected)]
    .filter((file) => only?.some((word) => file.includes(word)) ?? true)
    .filter((file) => !unit || isUnitTest(file))
    .sort((one, other) => vmWeight(one) - vmWeight(other) || (one < other ? -1 : 1));
}

/** Unit tests are those of the packages outside of `test/integration/`. */
const isUnitTest = (file) => file.startsWith(`packages${sep}`) && !file.includes(`${sep}integration${sep}`);

function compiledTests(root) {
  const packages = readdirSync(join(root, 'packages'));
  return [...packages.map((name) => `packages/${name}/dist/test`), 'bench/dist/test', 'test/dist'].flatMap(
    (folder) =>
      filesIn(join(root, folder))
        .filter((file) => file.endsWith('.test.js'))
        .map((file) => relative(root, file)),
  );
}

function filesIn(folder) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** The tests of a file or folder: the test itself; of a source file, the tests of its package. */
function testsOf(root, path, all) {
  const name = relative(root, path);
  let isFolder;
  try {
    isFolder = statSync(path).isDirectory();
  } catch {
    throw new Error(`${name} does not exist`);
  }
  const compiled = compiledPath(name, isFolder);
  const found = all.filter((file) => file === compiled || file.startsWith(`${compiled}${sep}`));
  if (found.length === 0) throw new Error(`${name} has no tests; run \`npm run build\` if it is new`);
  return found;
}

function compiledPath(name, isFolder) {
  if (COMPILED.test(name)) return name;
  const [, container, rest] = /^(packages\/[^/]+|bench|test)(?:\/(.*))?$/.exec(name) ?? [];
  if (container === undefined) return name === '' ? 'packages' : name;
  if (container === 'test') return join('test/dist', jsName(rest ?? ''));
  const isTest = rest === 'test' || rest?.startsWith('test/');
  // All tests of the package, for its folder or one of its source files.
  if (!isTest) return `${container}/dist/test`;
  return isFolder ? join(container, 'dist', rest) : join(container, 'dist', jsName(rest));
}

const jsName = (path) => (path.endsWith('.ts') ? `${path.slice(0, -3)}.js` : path);

function vmWeight(file) {
  const [, name] = /^test\/dist\/vm\/(.*)\.test\.js$/.exec(file) ?? [];
  if (name === undefined) return 0;
  const place = LONGEST_VM_TESTS.indexOf(name);
  return place < 0 ? LONGEST_VM_TESTS.length + 1 : place + 1;
}

/** The folder of the package that a folder lies in, or `undefined` outside of the packages. */
export function packageOf(root, folder) {
  const [, name] = /^(packages\/[^/]+)(?:\/|$)/.exec(relative(root, folder)) ?? [];
  return name === undefined ? undefined : join(root, name);
}
