import type { Rule } from './decision.js';
import { Glob } from './glob.js';
import { type FileAccess, type PathRule, Policy, type ProgramRule } from './policy.js';
import { findPreset } from './presets.js';
import { parseProgramRule } from './program-rule.js';

type Effect = Rule<unknown>['effect'];

/** The command that presets and rules on files restrict by its arguments. */
const OPEN = 'guest-file-open';

/** The rules of a policy while it is read. */
export class RuleSet {
  readonly source: string;
  hardLinks = false;
  readonly variables = new Set<string>();
  readonly #commands: Rule<string>[] = [];
  readonly #access: Rule<FileAccess>[] = [];
  #paths: PathRule[] | undefined;
  #programs: ProgramRule[] | undefined;

  /** @param source the file or the presets, for messages */
  constructor(source: string) {
    this.source = source;
  }

  /** Allows what a preset allows. @throws {SyntaxError} if it does not exist */
  addPreset(name: string, text: string): void {
    const preset = findPreset(name);
    if (preset === undefined) throw new SyntaxError(`unknown preset '${name}'`);
    const { commands, read, write } = preset;
    this.#commands.push({
      effect: 'allow',
      text,
      matches: (command) => commands === 'all' || commands.has(command),
    });
    this.#access.push({ effect: 'allow', text, matches: (access) => (access === 'read' ? read : write) });
  }

  /** Allows or denies a command. */
  addCommand(effect: Effect, name: string, text: string): void {
    this.#commands.push({ effect, text, matches: (command) => command === name });
    if (name === OPEN && effect === 'allow') this.#access.push({ effect, text, matches: () => true });
  }

  /** From now on only paths that a rule allows may be opened. */
  restrictPaths(): void {
    this.#paths ??= [];
  }

  /** Allows or denies to open paths. @throws {SyntaxError} */
  addPath(effect: Effect, accesses: readonly FileAccess[], pattern: string, text: string): void {
    const glob = new Glob(pattern);
    this.#paths ??= [];
    const matches = (path: string): boolean => glob.matches(path);
    for (const access of accesses) this.#paths.push({ effect, access, glob, text, matches });
  }

  /** From now on only programs that a rule allows may be executed. */
  restrictPrograms(): void {
    this.#programs ??= [];
  }

  /** Allows or denies a program. @throws {SyntaxError} */
  addProgram(effect: Effect, value: string, text: string): void {
    this.#programs ??= [];
    this.#programs.push(parseProgramRule(effect, value, text));
  }

  get policy(): Policy {
    const { source, hardLinks, variables } = this;
    return new Policy({
      source,
      commands: this.#commands,
      access: this.#access,
      paths: this.#paths,
      hardLinks,
      programs: this.#programs,
      variables,
    });
  }
}

/** Returns the policy that allows what any of these presets allows. @throws {SyntaxError} if one does not exist */
export function presetPolicy(names: readonly string[]): Policy {
  const rules = new RuleSet(`preset ${names.join(', ')}`);
  for (const name of names) rules.addPreset(name, `preset ${name}`);
  return rules.policy;
}
