import { resolve } from 'node:path';
import { AgentError } from '../agent-error.js';
import { listedNames, readAccess } from '../options/access.js';
import { flags } from '../options/flags.js';
import { getopt, type OptionSpec } from '../options/getopt.js';
import { accessSettings } from '../options/options.js';
import { readPolicy } from '../policy/load-policy.js';
import { PRESETS } from '../policy/presets.js';
import { policyWarnings } from '../policy/warnings.js';
import { commandNames } from '../rpc/registry.js';
import { type Explanation, explainCommand, explainRequest, type Rules } from './explain.js';
import { POLICY_HELP } from './policy-help.js';
import type { SubcommandResult } from './subcommand.js';
import { terminalText } from './terminal-text.js';
import { UsageError } from './usage-error.js';

type Environment = Readonly<Record<string, string | undefined>>;

const SHARED: readonly string[] = ['config', 'allow-rpcs', 'block-rpcs', 'policy', 'help'];

const OPTIONS: readonly OptionSpec[] = [
  ...flags.filter(({ name }) => SHARED.includes(name)),
  { name: 'json', argument: 'none' },
];

/** Runs `guestd policy` with the words after it. The daemon's own options mean the same here. */
export async function runPolicy(args: readonly string[], env: Environment): Promise<SubcommandResult> {
  try {
    const line = readLine(args);
    if (line.isHelp) return { status: 0, output: POLICY_HELP, complaint: '' };
    const [action = '', ...words] = line.words;
    if (action === 'explain') return await explain(only(words, 'REQUEST'), line, env);
    if (action === 'list') {
      none(words);
      return list(line, env);
    }
    if (action === 'check') return check(only(words, 'FILE'), line);
    throw new UsageError(action === '' ? 'explain, list or check is missing' : `unknown action '${action}'`);
  } catch (error) {
    const message = complaintOf(error);
    return { status: 2, output: '', complaint: `guestd: ${terminalText(message)}\n` };
  }
}

interface Line {
  readonly words: readonly string[];
  readonly options: readonly {
    readonly kind: 'option';
    readonly name: string;
    readonly value: string | undefined;
  }[];
  readonly isJson: boolean;
  readonly isHelp: boolean;
}

/** Unlike the daemon, a subcommand does not ignore what it does not know. @throws {UsageError} */
function readLine(args: readonly string[]): Line {
  const given = Array.from(getopt(args, OPTIONS));
  const words = given.flatMap((item) => (item.kind === 'word' ? [item.value] : []));
  const options = given.flatMap((item) => (item.kind === 'option' ? [item] : []));
  for (const item of given) if (item.kind === 'error') throw new UsageError(item.text);
  const has = (name: string): boolean => options.some((option) => option.name === name);
  return { words, options, isJson: has('json'), isHelp: has('help') };
}

function only([word, ...others]: readonly string[], what: string): string {
  if (word === undefined) throw new UsageError(`${what} is missing`);
  none(others);
  return word;
}

/** @throws {UsageError} if there is a word */
function none([word]: readonly string[]): void {
  if (word !== undefined) throw new UsageError(`unexpected word '${word}'`);
}

/** Returns the text of a usage error or an error of the configuration; throws any other error. */
function complaintOf(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}; see guestd policy --help`;
  const known = AgentError.from(error);
  if (known === undefined) throw error;
  return known.line;
}

/** @throws {AgentError} */
function rulesOf({ options }: Line, env: Environment): Rules {
  const { settings, file } = accessSettings(options, env);
  const { policy } = readAccess(settings, file);
  const allow = listedNames(settings, file, 'allow-rpcs');
  return { allow, block: listedNames(settings, file, 'block-rpcs'), policy };
}

async function explain(request: string, line: Line, env: Environment): Promise<SubcommandResult> {
  const explanation = await explainRequest(request, rulesOf(line, env), env);
  const output = line.isJson ? jsonLine(explanation) : explanationText(explanation);
  return { status: explanation.allowed ? 0 : 1, output, complaint: '' };
}

function explanationText({ allowed, rule, path, note, whileFrozen }: Explanation): string {
  return linesOf(
    `${allowed ? 'allowed' : 'refused'}: ${rule}`,
    ...(path === undefined ? [] : [`resolved path: ${path}`]),
    ...(note === undefined ? [] : [`note: ${note}`]),
    `while frozen: ${whileFrozen ? 'enabled' : 'disabled'}`,
  );
}

function list(line: Line, env: Environment): SubcommandResult {
  const rules = rulesOf(line, env);
  const decisions = commandNames().map((name) => ({ name, ...explainCommand(name, rules) }));
  if (line.isJson) {
    const presets = PRESETS.map(({ name, summary, commands }) => ({
      name,
      summary,
      commands: commands === 'all' ? 'all' : [...commands],
    }));
    const output = jsonLine({ presets, policy: rules.policy?.source ?? null, commands: decisions });
    return { status: 0, output, complaint: '' };
  }
  const width = Math.max(...decisions.map(({ name }) => name.length));
  const output = linesOf(
    'presets:',
    ...PRESETS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    `commands, policy ${rules.policy?.source ?? 'none'}:`,
    ...decisions.map(
      ({ name, allowed, rule }) => `  ${name.padEnd(width)}  ${allowed ? 'allowed' : 'refused'}  ${rule}`,
    ),
  );
  return { status: 0, output, complaint: '' };
}

function check(file: string, { isJson }: Line): SubcommandResult {
  const path = resolve(file);
  const { policy, problems } = attemptRead(path);
  const warnings = policy === undefined ? [] : policyWarnings(policy);
  const status = problems.length === 0 ? 0 : 1;
  if (isJson) return { status, output: jsonLine({ file: path, problems, warnings }), complaint: '' };
  const output = linesOf(
    ...problems.map(({ line, message }) =>
      line === 0 ? `${path}: ${message}` : `${path}:${line}: ${message}`,
    ),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(status === 0 ? [`${path}: valid`] : []),
  );
  return { status, output, complaint: '' };
}

/** Reports a file that cannot be used like one that is invalid. */
function attemptRead(path: string): ReturnType<typeof readPolicy> {
  try {
    return readPolicy(path);
  } catch (error) {
    const known = AgentError.from(error);
    if (known === undefined) throw error;
    return { policy: undefined, problems: [{ line: 0, message: known.line }] };
  }
}

function linesOf(...lines: readonly string[]): string {
  return lines.map((line) => `${terminalText(line)}\n`).join('');
}

function jsonLine(value: unknown): string {
  return `${terminalText(JSON.stringify(value))}\n`;
}
