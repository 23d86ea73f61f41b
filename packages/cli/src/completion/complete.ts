import type { Command, RouteMap } from '@stricli/core';
import type { CliContext } from '../context.js';
import { isPrintable } from '../output/escape.js';
import type { Propose } from '../parameters.js';

type Parameters = Command<CliContext>['parameters'];

/** A flag as it is typed, with its hyphens. */
interface TypedFlag {
  readonly word: string;
  readonly brief: string;
  readonly takesValue: boolean;
  readonly propose: Propose | undefined;
}

const HELP_LINE = '--help\tPrint help';

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A candidate, with its description up to the details. */
function described(word: string, brief: string): string {
  return `${word}\t${brief.split(/[:;(]/, 1).join('').trim()}`;
}

function typedFlags({ flags = {}, aliases = {} }: Parameters): TypedFlag[] {
  return Object.entries(flags).flatMap(([name, flag]) => {
    const letters = Object.entries(aliases).flatMap(([letter, named]) => (named === name ? [letter] : []));
    const takesValue = flag.kind === 'parsed';
    const propose = takesValue ? flag.proposeCompletions : undefined;
    const words = [`--${kebab(name)}`, ...letters.map((letter) => `-${letter}`)];
    const typed = words.map((word) => ({ word, brief: flag.brief, takesValue, propose }));
    // A boolean flag without a default has a negated form.
    if (flag.kind !== 'boolean' || flag.default !== undefined) return typed;
    const brief = `Do not ${flag.brief.charAt(0).toLowerCase()}${flag.brief.slice(1)}`;
    return [...typed, { word: `--no-${kebab(name)}`, brief, takesValue, propose }];
  });
}

/** Completes a value that follows `prefix` in its word. */
async function completeValue(
  propose: Propose | undefined,
  context: CliContext,
  partial: string,
  prefix = '',
): Promise<string[]> {
  const lines = (await propose?.call(context, partial)) ?? [];
  return lines.map((line) => line.replace(/^(:files |(?!:))/, (directive) => directive + prefix));
}

async function completeCommand(
  { parameters }: Command<CliContext>,
  before: readonly string[],
  word: string,
  context: CliContext,
): Promise<string[]> {
  const flags = typedFlags(parameters);
  const flagOf = (typed: string | undefined) => flags.find((flag) => flag.word === typed && flag.takesValue);
  let flag: TypedFlag | undefined;
  let position = 0;
  let escaped = false;
  for (const previous of before) {
    if (flag !== undefined) flag = undefined;
    else if (escaped || previous === '-' || !previous.startsWith('-')) position++;
    else if (previous === '--') escaped = true;
    else flag = flagOf(previous);
  }
  if (flag !== undefined) return await completeValue(flag.propose, context, word);
  if (!escaped && word.startsWith('-')) {
    const [prefix, name] = /^(--[a-z-]+)=/.exec(word) ?? [];
    if (prefix === undefined) return [...flags.map((typed) => described(typed.word, typed.brief)), HELP_LINE];
    return await completeValue(flagOf(name)?.propose, context, word.slice(prefix.length), prefix);
  }
  const { positional } = parameters;
  const parameter = positional?.kind === 'array' ? positional.parameter : positional?.parameters[position];
  return await completeValue(parameter?.proposeCompletions, context, word);
}

async function completeWord(
  root: RouteMap<CliContext>,
  before: readonly string[],
  word: string,
  context: CliContext,
): Promise<string[]> {
  let routes = root;
  for (const [index, name] of before.entries()) {
    const target = routes.getRoutingTargetForInput(name);
    if (target === undefined) return [];
    if (!('getAllEntries' in target)) {
      return await completeCommand(target, before.slice(index + 1), word, context);
    }
    routes = target;
  }
  const entries = routes
    .getAllEntries()
    .map(({ name, target: { brief } }) => described(name['convert-camel-to-kebab'], brief));
  return [...entries, HELP_LINE, ...(routes === root ? ['--version\tPrint the version'] : [])];
}

/**
 * Returns what can stand in the place of the last of `words`, which follow the program's name: lines of a candidate, a tab and a
 * description. A line that begins with a colon is a directive to the shell: `:commands` completes the name of a program on this host,
 * `:files PREFIX` completes the path that follows this prefix in the word. A name with control characters cannot be completed.
 */
export async function complete(
  root: RouteMap<CliContext>,
  words: readonly string[],
  context: CliContext,
): Promise<string[]> {
  const word = words.at(-1) ?? '';
  const lines = await completeWord(root, words.slice(0, -1), word, context);
  const isCandidate = (line: string): boolean =>
    line.startsWith(':') || (line.startsWith(word) && isPrintable(line.split('\t', 1).join('')));
  return lines.filter(isCandidate);
}
