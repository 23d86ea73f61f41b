import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { Glob } from '../../src/policy/glob.js';

export const target: FuzzTarget = {
  name: 'path-pattern',
  invariants:
    'only SyntaxError; matches what a table of all prefixes matches; a literal matches only itself; a match lies below the fixed prefix',
  covers: ['agent/dist/src/policy/glob'],
  seeds: [
    '/var/log/**\n/var/log/a/b',
    '/a/*.log\n/a/x.log',
    '/[a-z]?[!0-9]/**/x\n/ab1/c/d/x',
    '/[]a]*[[]\n/]x[',
    '/a/**/**/b\n/a/b',
    '/literal\n/literal',
  ],
  dictionary: ['/', '**', '/**/', '*', '?', '[', ']', '[!', '[a-z]', '[]', '-', '.', '..', '\n', 'é', '😀'],
  structure: ['tokens'],
  maxLength: 400,
  run(input) {
    const [pattern = '', ...rest] = input.toString().split('\n');
    let glob: Glob;
    try {
      glob = new Glob(pattern);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, `not a SyntaxError: ${error}`);
      return outcomeOf(error.message.replace(/^\[.*\]: /s, ''));
    }
    const names = rest
      .join('\n')
      .split('/')
      .filter((name) => !['', '.', '..'].includes(name));
    const path = `/${names.join('/')}`;
    const isMatch = glob.matches(path);
    assert.equal(isMatch, matchesByTable(pattern, path), `${pattern} and ${path}`);
    if (glob.isLiteral) assert.equal(isMatch, pattern === path);
    const prefix = glob.fixedPrefix === '/' ? '' : glob.fixedPrefix;
    if (isMatch) assert.ok(path === glob.fixedPrefix || path.startsWith(`${prefix}/`), glob.fixedPrefix);
    assert.equal(glob.below(glob.fixedPrefix).text, glob.text);
    return `${glob.isLiteral} ${isMatch}`;
  },
};

type Item = ((text: string) => boolean) | 'any';

function matchesByTable(pattern: string, path: string): boolean {
  const components = pattern
    .slice(1)
    .split('/')
    .map((text): Item => {
      if (text === '**') return 'any';
      const characters = charactersOf(text);
      return (name) => tableMatch(characters, [...name]);
    });
  return tableMatch(components, path.slice(1).split('/'));
}

/** Decides for every prefix of the items whether it matches, for one more item of the pattern at a time. */
function tableMatch(pattern: readonly Item[], items: readonly string[]): boolean {
  let row = Array.from({ length: items.length + 1 }, (_, i) => i === 0);
  for (const item of pattern) {
    const next: boolean[] = [];
    for (let i = 0; i <= items.length; i++) {
      next.push(
        item === 'any'
          ? row[i] === true || next[i - 1] === true
          : i > 0 && row[i - 1] === true && item(items[i - 1] ?? ''),
      );
    }
    row = next;
  }
  return row[items.length] === true;
}

function charactersOf(text: string): Item[] {
  const characters = [...text];
  const items: Item[] = [];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] ?? '';
    if (character === '*') items.push('any');
    else if (character === '?') items.push(() => true);
    else if (character !== '[') items.push((other) => other === character);
    else {
      const isNegated = characters[i + 1] === '!';
      const first = i + (isNegated ? 2 : 1);
      // A bracket that closes nothing yet is a member.
      const end = characters.indexOf(']', characters[first] === ']' ? first + 1 : first);
      const members = characters.slice(first, end);
      items.push((other) => isMember(members, other) !== isNegated);
      i = end;
    }
  }
  return items;
}

function isMember(members: readonly string[], character: string): boolean {
  const code = (text: string | undefined): number => text?.codePointAt(0) ?? 0;
  for (let i = 0; i < members.length; i++) {
    const isRange = members[i + 1] === '-' && i + 2 < members.length;
    const last = isRange ? members[i + 2] : members[i];
    if (code(members[i]) <= code(character) && code(character) <= code(last)) return true;
    if (isRange) i += 2;
  }
  return false;
}
