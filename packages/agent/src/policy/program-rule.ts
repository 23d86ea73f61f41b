import type { Rule } from './decision.js';
import { Glob } from './glob.js';
import type { ProgramCall, ProgramRule } from './policy.js';

/**
 * Parses a rule on programs: a path pattern, which matches with any arguments, or a JSON array of strings, the path
 * pattern and exactly these arguments.
 * @throws {SyntaxError}
 */
export function parseProgramRule(
  effect: Rule<ProgramCall>['effect'],
  value: string,
  text: string,
): ProgramRule {
  const [pattern = '', args] = value.startsWith('[') ? parseArray(value) : [value];
  const glob = new Glob(pattern);
  const matchesArgs = (own: readonly string[]): boolean => args === undefined || isEqual(args, own);
  return {
    effect,
    glob,
    text,
    matches: (call) => glob.matches(call.path) && matchesArgs(call.args),
    matchesArgs,
  };
}

function parseArray(value: string): readonly [pattern: string, args: readonly string[]] {
  const [pattern, ...args] = parseStrings(value);
  if (pattern === undefined) throw new SyntaxError('the array has no program');
  return [pattern, args];
}

function parseStrings(value: string): readonly string[] {
  const parsed: unknown = parseJson(value);
  const isStrings = (items: unknown): items is string[] =>
    Array.isArray(items) && items.every((item) => typeof item === 'string');
  if (!isStrings(parsed)) throw new SyntaxError('an array has strings only: the program, then its arguments');
  return parsed;
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new SyntaxError(`${value} is no JSON array, such as ["/usr/bin/systemctl", "status"]`);
  }
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
