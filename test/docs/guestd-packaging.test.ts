// What is shipped with guestd knows every option that guestd has.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { ourAgent } from '../compat/agents.js';
import { projectFile } from './support.js';

const ask = (argument: string): string => {
  const [file, ...first] = ourAgent().command;
  return execFileSync(file, [...first, argument], { encoding: 'utf8' });
};

const help = ask('--help');

/** In the order of the help; the second member is the letter, if there is one. */
const options = Array.from(
  help.matchAll(/^ {2}(?:-([A-Za-z]), | {4})--([a-z-]+)/gm),
  ([, letter, name = '']) => ({ name, letter }),
);

/** As the source lists them: also those that are refused, which the help does not name. */
const known = Array.from(
  projectFile('packages/agent/src/options/flags.ts').matchAll(/name: '([a-z-]+)'(?:, short: '(.)')?/g),
  ([, name = '', letter]) => ({ name, letter }),
);
const keys = Array.from(
  projectFile('packages/agent/src/options/config-file.ts').matchAll(
    /^ {2}'?([a-z-]+)'?: '(?:string|boolean)',$/gm,
  ),
  ([, key = '']) => key,
);

const contains = (page: string, word: string): boolean =>
  new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(page);

const absentFrom = (page: string, words: readonly string[]): string[] =>
  words.filter((word) => !contains(page, word));

describe('every option of guestd is named by', () => {
  assert.ok(options.length >= 13 && known.length > options.length && keys.length >= 14);

  test('the manual page, those that are refused and the keys too', () => {
    const page = projectFile('packaging/man/guestd.8').replaceAll('\\-', '-');
    const words = known.flatMap(({ name, letter }) => [
      `--${name}`,
      ...(letter === undefined ? [] : [`-${letter}`]),
    ]);
    assert.deepEqual(absentFrom(page, [...words, ...keys]), []);
  });

  for (const shell of ['bash', 'zsh', 'fish']) {
    test(`the completion for ${shell}, and no other is`, () => {
      const script = projectFile(`packaging/completion/guestd.${shell}`);
      const dashes = shell === 'fish' ? ['-s ', '-l '] : ['-', '--'];
      const words = options.flatMap(({ name, letter }) => [
        `${dashes[1]}${name}`,
        ...(letter === undefined ? [] : [`${dashes[0]}${letter}`]),
      ]);
      assert.deepEqual(absentFrom(script, words), []);
      const refused = known.filter(({ name }) => !options.some((option) => option.name === name));
      assert.ok(refused.length > 0);
      assert.deepEqual(
        refused.filter(({ name }) => contains(script, `${dashes[1]}${name}`)),
        [],
      );
    });
  }
});
