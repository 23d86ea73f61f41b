#!/usr/bin/env node
/**
 * Generates the TypeScript modules and the reference of the contract, and the module of the completion scripts.
 * With `--check` nothing is written; stale files are listed, and the exit status is 1.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const qapi = join('packages', 'qapi', 'dist', 'src', 'main.js');
const schema = join('packages', 'protocol', 'schema', 'guest-agent.json');
const unknown = process.argv.slice(2).filter((arg) => arg !== '--check');
if (unknown.length > 0) {
  console.error(`unknown argument '${unknown[0]}'; usage: node tools/generate.mjs [--check]`);
  process.exit(2);
}
const check = process.argv.includes('--check') ? ['--check'] : [];

const COMMANDS = [
  ['check', '--strict', '--quiet', '--dialect=modern', schema],
  [
    'generate',
    schema,
    '--dialect=modern',
    '--output=packages/protocol/src/generated',
    '--runtime=@guestwire/schema',
    '--feature-type=base64=Base64Data@@guestwire/schema',
    '--quiet',
  ],
  ['docs', schema, '--dialect=modern', '--output=docs/commands.md'],
];

/** Runs a program in the root of the repository and returns its exit status. */
function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`cannot run ${program}: ${error.message}`);
  return status ?? 1;
}

const compiler = join(root, 'node_modules', '.bin', 'tsc');
if (!existsSync(compiler)) {
  console.error("the TypeScript compiler is missing: run 'npm ci' first");
  process.exit(1);
}
const built = run(compiler, ['-b', join('packages', 'qapi')]);
if (built !== 0) process.exit(built);

/** Generates the module with the scripts that `guestctl completion` prints. */
function generateCompletionScripts() {
  const scripts = ['bash', 'fish', 'zsh'].map((shell) => {
    const script = readFileSync(join(root, `packaging/completion/guestctl.${shell}`), 'utf8');
    return `  ${shell}: ${JSON.stringify(script)},\n`;
  });
  const text = `// Generated from packaging/completion by tools/generate.mjs. Do not edit.\n
export const completionScripts = {\n${scripts.join('')}} as const;\n`;
  const path = join('packages', 'cli', 'src', 'generated', 'completion-scripts.ts');
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return 0;
  if (check.length > 0) console.error(`${path} is not up to date`);
  else writeFileSync(file, text);
  return check.length;
}

const statuses = COMMANDS.map((args) =>
  run(process.execPath, [qapi, ...args, ...(args[0] === 'check' ? [] : check)]),
);
statuses.push(generateCompletionScripts());
if (check.length > 0 && statuses.some((status) => status !== 0)) {
  console.error("generated files are stale: run 'npm run generate' and commit the changes");
}
process.exitCode = Math.max(...statuses);
