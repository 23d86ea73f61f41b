// Tries qapi on the schemas of QEMU's releases, and writes the table of docs/qapi.md.
//
//   node tools/qapi-releases.mjs QEMU... [--check]
//
// QEMU is a git directory of QEMU or of a fork, whose releases are found by their tags and by the subjects of their commits, or a
// folder with one folder of schemas for each release (RELEASE/qapi/qapi-schema.json, RELEASE/qga/qapi-schema.json, …). The first
// that has a release is used. With --check nothing is written, and a table that is not up to date is an error.
//
// The schemas are extracted to a temporary folder. They belong to QEMU and must not become part of this project.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../..');
const page = join(root, 'docs/qapi.md');
const qapi = join(root, 'packages/qapi/dist/src/main.js');
const tsc = join(root, 'node_modules/.bin/tsc');

const check = process.argv.includes('--check');
const sources = process.argv.slice(2).filter((argument) => argument !== '--check');
if (sources.length === 0 || sources.some((source) => source.startsWith('-'))) {
  console.error('usage: node tools/qapi-releases.mjs QEMU... [--check]');
  process.exit(2);
}

/** The places of schemas since QEMU 0.15. */
const SCHEMAS = [
  ['agent', 'qapi-schema-guest.json'],
  ['agent', 'qga/qapi-schema.json'],
  ['monitor', 'qapi-schema.json'],
  ['monitor', 'qapi/qapi-schema.json'],
  ['storage daemon', 'storage-daemon/qapi/qapi-schema.json'],
];

/** What the schemas include. */
const FOLDERS = ['qapi', 'qga', 'storage-daemon/qapi'];

/** Matches releases, not those of the stable branches. */
const RELEASE = /^v?(\d+)\.(\d+)(?:\.0)?$/;

const git = (source, ...args) =>
  execFileSync('git', ['--git-dir', source, ...args], { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });

const isGit = (source) => existsSync(join(source, 'objects'));

/** Returns pairs of a release and its commit or folder. */
function releasesIn(source) {
  if (!isGit(source)) return readdirSync(source).map((name) => [name, name]);
  const tags = git(source, 'tag').split('\n');
  const commits = git(source, 'log', '--format=%H %s', '-i', '--grep=^Update version for ').split('\n');
  return [
    ...tags.map((tag) => [tag, tag]),
    ...commits.map((line) => {
      const [, commit, release] =
        /^(\w+) Update version for (?:the )?(\S+)(?: release\.?)?$/i.exec(line) ?? [];
      return [release ?? '', commit];
    }),
  ];
}

/** Returns the releases of all sources, the oldest first. */
function allReleases() {
  const found = new Map();
  for (const source of sources) {
    for (const [name, revision] of releasesIn(source)) {
      const [, major, minor] = RELEASE.exec(name) ?? [];
      const release = `${major}.${minor}`;
      if (major === undefined || found.has(release)) continue;
      found.set(release, { order: 1000 * Number(major) + Number(minor), release, source, revision });
    }
  }
  return [...found.values()].sort((one, other) => one.order - other.order);
}

function extract({ source, revision }, folder) {
  if (!isGit(source)) return cpSync(join(source, revision), folder, { recursive: true });
  const paths = [...FOLDERS, ...SCHEMAS.map(([, path]) => path)];
  for (const path of git(source, 'ls-tree', '-r', '--name-only', revision, '--', ...paths).split('\n')) {
    if (!path.endsWith('.json')) continue;
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), git(source, 'show', `${revision}:${path}`));
  }
}

function runs(folder, program, ...args) {
  const { status, stderr, stdout } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0)
    console.error(`${folder}: ${program} ${args.join(' ')}\n${(stderr + stdout).slice(0, 2000)}`);
  return { passed: status === 0, stderr };
}

/** Returns the columns of one schema: its dialect, and whether each command succeeds. */
function tryAll(folder, path) {
  const command = (...args) => runs(folder, process.execPath, qapi, ...args);
  const { passed, stderr } = command('check', path);
  const [, dialect = 'modern'] = /\(dialect (\S+)\)$/m.exec(stderr) ?? [];
  const output = join(folder, 'out', path);
  return {
    dialect,
    check: passed,
    generate: command('generate', path, '-o', output, '--all', '--quiet').passed,
    'type-check': checkTypes(folder, output),
    docs: command('docs', path, '-o', join(folder, 'out', 'page.md')).passed,
    introspect: command('introspect', path, '--all', '-o', join(folder, 'out', 'data.json')).passed,
  };
}

function checkTypes(folder, output) {
  if (!existsSync(output)) return false;
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    target: 'es2022',
    module: 'nodenext',
    noEmit: true,
    types: [],
  };
  writeFileSync(join(output, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(output, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['**/*.ts'] }));
  return runs(folder, tsc, '-p', output).passed;
}

const COLUMNS = ['check', 'generate', 'type-check', 'docs', 'introspect'];

function rowOf(release) {
  const folder = mkdtempSync(join(tmpdir(), 'qapi-releases-'));
  try {
    extract(release, folder);
    const schemas = SCHEMAS.filter(([, path]) => existsSync(join(folder, path)));
    const results = schemas.map(([, path]) => tryAll(folder, path));
    if (results.length === 0) return undefined;
    const cells = COLUMNS.map((column) => {
      const failed = schemas.filter((_, index) => !results[index][column]).map(([what]) => what);
      return failed.length === 0 ? 'yes' : `no: ${failed.join(', ')}`;
    });
    const dialects = [...new Set(results.map(({ dialect }) => dialect))];
    const kinds = schemas.map(([what]) => what);
    return `| ${[release.release, kinds.join(', '), dialects.join(', '), ...cells].join(' | ')} |`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const rows = allReleases().flatMap((release) => {
  const row = rowOf(release);
  if (row !== undefined) console.log(row);
  return row ?? [];
});
if (rows.length === 0) {
  console.error(`${sources.join(', ')}: no release with a schema; is it a git directory of QEMU?`);
  process.exit(1);
}

const BEGIN = '<!-- tools/qapi-releases.mjs -->\n';
const END = '<!-- end -->';
const header = `| QEMU | schemas | dialect | ${COLUMNS.join(' | ')} |\n|${'---|'.repeat(COLUMNS.length + 3)}\n`;
const before = readFileSync(page, 'utf8');
const start = before.indexOf(BEGIN) + BEGIN.length;
const after = `${before.slice(0, start)}${header}${rows.join('\n')}\n${before.slice(before.indexOf(END, start))}`;
if (!check) writeFileSync(page, after);
else if (after !== before) {
  console.error(`not up to date: ${page}`);
  process.exitCode = 1;
}
if (rows.some((row) => row.includes('| no: '))) process.exitCode = 1;
