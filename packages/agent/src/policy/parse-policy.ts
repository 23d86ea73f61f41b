import { KeyFileError, type KeyFileLine, keyFileBoolean, keyFileLines, keyFileString } from '../key-file.js';
import { closestWord } from './closest-word.js';
import { commandNameAdvice, unknownCommandName } from './command-names.js';
import type { Policy } from './policy.js';
import { PRESETS } from './presets.js';
import { RuleSet } from './rule-set.js';

/** A line of a policy file that is not valid. */
export interface PolicyProblem {
  /** Counted from 1; 0 for the file as a whole. */
  readonly line: number;
  readonly message: string;
}

/** What {@link parsePolicy} returns: a policy, or the reasons why it is invalid. */
export type ParsedPolicy =
  | { readonly policy: Policy; readonly problems: readonly [] }
  | { readonly policy: undefined; readonly problems: readonly PolicyProblem[] };

/**
 * Parses a policy file: a key file with the groups `[commands]`, `[files]` and `[programs]`, whose keys may be repeated
 * (docs/policy.md). Finds all mistakes, not only the first.
 * @param source the name of the file, for messages
 * @param others names of commands beside those of QEMU
 */
export function parsePolicy(text: string, source: string, others?: ReadonlySet<string>): ParsedPolicy {
  const rules = new RuleSet(source);
  const groups = new Set<string>();
  const problems: PolicyProblem[] = [];
  const attempt = (line: number, work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      problems.push({ line: error instanceof KeyFileError ? error.line : line, message: error.message });
    }
  };
  attempt(0, () => {
    if (text.includes('\0')) throw new SyntaxError('the file contains a NUL character');
    for (const line of keyFileLines(text)) {
      attempt(line.line, () => addLine(rules, line, others));
      groups.add(line.group);
    }
  });
  if (problems.length === 0 && !groups.has('commands')) {
    problems.push({
      line: 0,
      message: 'the group [commands] is missing; preset = unrestricted allows all commands',
    });
  }
  return problems.length === 0 ? { policy: rules.policy, problems: [] } : { policy: undefined, problems };
}

/** What a key adds to the rules. */
type AddValue = (rules: RuleSet, value: string, text: string, others?: ReadonlySet<string>) => void;

interface Group {
  /** Called for the line `[group]`: a group without keys allows nothing. */
  readonly begin: (rules: RuleSet) => void;
  readonly keys: ReadonlyMap<string, AddValue>;
}

const GROUPS: ReadonlyMap<string, Group> = new Map<string, Group>([
  [
    'commands',
    {
      begin: () => {},
      keys: new Map<string, AddValue>([
        ['preset', addPresets],
        ['allow', (rules, value, text, others) => addCommands(rules, 'allow', value, text, others)],
        ['deny', (rules, value, text, others) => addCommands(rules, 'deny', value, text, others)],
      ]),
    },
  ],
  [
    'files',
    {
      begin: (rules) => rules.restrictPaths(),
      keys: new Map<string, AddValue>([
        ['read', (rules, value, text) => rules.addPath('allow', ['read'], value, text)],
        ['write', (rules, value, text) => rules.addPath('allow', ['write'], value, text)],
        ['deny', (rules, value, text) => rules.addPath('deny', ['read', 'write'], value, text)],
        ['deny-read', (rules, value, text) => rules.addPath('deny', ['read'], value, text)],
        ['deny-write', (rules, value, text) => rules.addPath('deny', ['write'], value, text)],
        ['hard-links', setHardLinks],
      ]),
    },
  ],
  [
    'programs',
    {
      begin: (rules) => rules.restrictPrograms(),
      keys: new Map<string, AddValue>([
        ['allow', (rules, value, text) => rules.addProgram('allow', value, text)],
        ['deny', (rules, value, text) => rules.addProgram('deny', value, text)],
        ['env', addVariables],
      ]),
    },
  ],
]);

/** @throws {SyntaxError} */
function addLine(
  rules: RuleSet,
  { group: name, key, value, line }: KeyFileLine,
  others?: ReadonlySet<string>,
): void {
  const group = GROUPS.get(name);
  if (group === undefined) {
    // Reported once, at its first line.
    if (key === undefined)
      throw new SyntaxError(
        unknownWord(
          'group',
          `[${name}]`,
          [...GROUPS.keys()].map((known) => `[${known}]`),
        ),
      );
    return;
  }
  if (key === undefined) {
    group.begin(rules);
    return;
  }
  const add = group.keys.get(key);
  if (add === undefined) throw new SyntaxError(unknownWord('key', key, [...group.keys.keys()]));
  const content = keyFileString(value.trimEnd());
  if (content === undefined) {
    throw new SyntaxError('write a backslash as \\\\; the only other escapes are \\s, \\n, \\t and \\r');
  }
  if (content === '') throw new SyntaxError(`the key ${key} has no value`);
  add(rules, content, `line ${line} of ${rules.source}: ${key} = ${content}`, others);
}

function unknownWord(kind: string, word: string, known: readonly string[], shown = word): string {
  const closest = closestWord(word, known);
  const advice = closest === undefined ? `known are ${known.join(', ')}` : `did you mean ${closest}?`;
  return `unknown ${kind} ${shown}; ${advice}`;
}

function addPresets(rules: RuleSet, value: string, text: string): void {
  for (const name of wordsOf(value)) {
    checkPresetName(name);
    rules.addPreset(name, text);
  }
}

/** Checks the name of a preset. @throws {SyntaxError} with advice if it does not exist */
export function checkPresetName(name: string): void {
  const names = PRESETS.map((preset) => preset.name);
  if (!names.includes(name)) throw new SyntaxError(unknownWord('preset', name, names, `'${name}'`));
}

function addCommands(
  rules: RuleSet,
  effect: 'allow' | 'deny',
  value: string,
  text: string,
  others?: ReadonlySet<string>,
): void {
  const names = wordsOf(value);
  const unknown = unknownCommandName(names, others);
  if (unknown !== undefined) {
    throw new SyntaxError(`unknown command '${unknown}'; ${commandNameAdvice(unknown, others)}`);
  }
  for (const name of names) rules.addCommand(effect, name, text);
}

function setHardLinks(rules: RuleSet, value: string): void {
  const isAllowed = keyFileBoolean(value);
  if (isAllowed === undefined) throw new SyntaxError('hard-links takes true or false');
  rules.hardLinks = isAllowed;
}

function addVariables(rules: RuleSet, value: string): void {
  for (const name of wordsOf(value)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new SyntaxError(`'${name}' is no name of an environment variable`);
    }
    rules.variables.add(name);
  }
}

/** Returns the words of a list, which commas or spaces separate. */
function wordsOf(value: string): readonly string[] {
  return value.split(/[,\s]+/).filter((word) => word !== '');
}
