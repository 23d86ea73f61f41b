import type { Command, RouteMap } from '@stricli/core';
import type { CliContext } from '../context.js';

/** What a shell can complete a word with; `nothing` is a word that only a person knows. */
export type Completes =
  | { readonly kind: 'nothing' | 'target' | 'file' | 'agentCommand' | 'localCommand' }
  | { readonly kind: 'choice'; readonly words: readonly string[] };

/** A flag, as it is typed. */
export interface FlagOutline {
  /** Without its hyphens. */
  readonly name: string;
  readonly letter: string | undefined;
  /** A few words. */
  readonly brief: string;
  /** Its value; `undefined` if it takes none. */
  readonly value: (Completes & { readonly placeholder: string }) | undefined;
  readonly repeated: boolean;
}

/** A word that is no flag. */
export interface WordOutline {
  readonly placeholder: string;
  readonly completes: Completes;
  /** True if more of it may follow. */
  readonly repeated: boolean;
}

/** A command, as it is typed. */
export interface CommandOutline {
  /** `fs`, or `keys` and `add`. */
  readonly words: readonly string[];
  readonly brief: string;
  readonly flags: readonly FlagOutline[];
  readonly positional: readonly WordOutline[];
}

/** Commands that are found under one word. */
export interface GroupOutline {
  readonly word: string;
  readonly brief: string;
  readonly members: readonly string[];
}

/** A command line, as much of it as shells must know. */
export interface Outline {
  readonly commands: readonly CommandOutline[];
  readonly groups: readonly GroupOutline[];
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The words before the details. */
function short(brief: string): string {
  return brief.split(/[:;(]| if absent|, which|, such as/)[0]?.trim() ?? '';
}

/** Placeholders have the same meaning everywhere, but for the `command` of a few. */
function completesFor(placeholder: string, words: readonly string[]): Completes {
  if (placeholder.includes('|')) return { kind: 'choice', words: placeholder.split('|') };
  switch (placeholder) {
    case 'target':
      return { kind: 'target' };
    case 'file':
      return { kind: 'file' };
    case 'command':
      if (words[0] === 'call') return { kind: 'agentCommand' };
      return { kind: words[0] === 'freeze' ? 'localCommand' : 'nothing' };
    default:
      return { kind: 'nothing' };
  }
}

type Parameters = Command<CliContext>['parameters'];

function flagsOf({ flags = {}, aliases = {} }: Parameters, words: readonly string[]): FlagOutline[] {
  return Object.entries(flags).flatMap(([name, flag]) => {
    const letter = Object.entries(aliases).find(([, named]) => named === name)?.[0];
    const brief = short(flag.brief);
    const value =
      flag.kind === 'parsed'
        ? { placeholder: flag.placeholder ?? 'value', ...completesFor(flag.placeholder ?? '', words) }
        : undefined;
    const repeated = 'variadic' in flag && flag.variadic !== undefined;
    const own = { name: kebab(name), letter, brief, value, repeated };
    // A flag that may be absent has a word for no, too.
    if (flag.kind !== 'boolean' || flag.default !== undefined) return [own];
    const not = `Do not ${brief.charAt(0).toLowerCase()}${brief.slice(1)}`;
    return [own, { ...own, name: `no-${own.name}`, letter: undefined, brief: not }];
  });
}

function positionalOf({ positional }: Parameters, words: readonly string[]): WordOutline[] {
  if (positional === undefined) return [];
  const listed = positional.kind === 'array' ? [positional.parameter] : positional.parameters;
  return listed.map(({ placeholder = 'word' }) => ({
    placeholder: placeholder.includes('|') ? 'kind' : placeholder,
    completes: completesFor(placeholder, words),
    repeated: positional.kind === 'array',
  }));
}

function isGroup(target: Command<CliContext> | RouteMap<CliContext>): target is RouteMap<CliContext> {
  return 'getAllEntries' in target;
}

/** The commands below a root. */
export function outlineOf(root: RouteMap<CliContext>, before: readonly string[] = []): Outline {
  const commands: CommandOutline[] = [];
  const groups: GroupOutline[] = [];
  for (const { name, target } of root.getAllEntries()) {
    const word = name['convert-camel-to-kebab'];
    const words = [...before, word];
    if (isGroup(target)) {
      const inner = outlineOf(target, words);
      commands.push(...inner.commands);
      groups.push({
        word,
        brief: target.brief,
        members: inner.commands.map(({ words: own }) => own.at(-1) ?? ''),
      });
    } else {
      const { brief, parameters } = target;
      commands.push({
        words,
        brief,
        flags: flagsOf(parameters, words),
        positional: positionalOf(parameters, words),
      });
    }
  }
  return { commands, groups };
}

/** What can be typed as the first word, and what it is about. */
export function firstWords({
  commands,
  groups,
}: Outline): { readonly word: string; readonly brief: string }[] {
  return [
    ...commands
      .filter(({ words }) => words.length === 1)
      .map(({ words, brief }) => ({ word: words[0] ?? '', brief })),
    ...groups,
  ];
}
