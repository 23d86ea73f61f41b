// The files shipped with guestd cover every option of guestd.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { ourAgent } from '../compat/agents.js';
import { projectFile } from './support.js';

function ask(argument: string): string {
  const [file, ...first] = ourAgent().command;
  return execFileSync(file, [...first, argument], { encoding: 'utf8' });
}

const help = ask('--help');

interface Option {
  readonly name: string;
  readonly letter: string | undefined;
  /** False for an option that has its letter only. */
  readonly long: boolean;
}

/** The options in the source. */
const options: readonly Option[] = Array.from(
  projectFile('packages/agent/src/options/flags.ts').matchAll(
    /\{ name: '([a-z-]+)'(?:, short: '(.)')?[^}]*?(, long: false)? \}/g,
  ),
  ([, name = '', letter, short]) => ({ name, letter, long: short === undefined }),
);
const keys = Array.from(
  projectFile('packages/agent/src/options/settings.ts').matchAll(
    /^ {2}'?([a-z-]+)'?: '(?:string|boolean|list)',$/gm,
  ),
  ([, key = '']) => key,
);

const words = options.flatMap(({ name, letter, long }) => [
  ...(long ? [`--${name}`] : []),
  ...(letter === undefined ? [] : [`-${letter}`]),
]);

function contains(page: string, word: string): boolean {
  return new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(page);
}

function absentFrom(page: string, wanted: readonly string[]): string[] {
  return wanted.filter((word) => !contains(page, word));
}

describe('every option of guestd is named by', () => {
  assert.ok(options.length >= 19 && words.length >= 34 && keys.length >= 15);

  test('the help, which names no other', () => {
    const named = Array.from(
      help.matchAll(/^ {2}(?: {4}|-([A-Za-z])(?:, | ))(?:--([a-z-]+))?/gm),
      ([, letter, name]) => [
        ...(name === undefined ? [] : [`--${name}`]),
        ...(letter === undefined ? [] : [`-${letter}`]),
      ],
    ).flat();
    assert.deepEqual(named.toSorted(), words.toSorted());
  });

  test('the manual page, and so is every key', () => {
    const page = projectFile('packaging/man/guestd.8').replaceAll('\\-', '-');
    assert.deepEqual(absentFrom(page, [...words, ...keys]), []);
  });

  test('the table of compatibility, and so is every key', () => {
    assert.deepEqual(absentFrom(projectFile('docs/compatibility.md'), [...words, ...keys]), []);
  });

  for (const shell of ['bash', 'zsh', 'fish']) {
    test(`the completion for ${shell}`, () => {
      const script = projectFile(`packaging/completion/guestd.${shell}`);
      const wanted =
        shell === 'fish'
          ? options.flatMap(({ name, letter, long }) => [
              ...(long ? [`-l ${name}`] : []),
              ...(letter === undefined ? [] : [`-s ${letter}`]),
            ])
          : words;
      assert.deepEqual(absentFrom(script, wanted), []);
    });
  }
});

test('the completion of bash knows guestd audit verify', () => {
  const complete = (...typed: string[]): string[] => {
    const script = `${projectFile('packaging/completion/guestd.bash')}
      COMP_WORDS=(guestd "$@"); COMP_CWORD=$#; _guestd 2> /dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const output = execFileSync('bash', ['-c', script, 'bash', ...typed], { encoding: 'utf8' });
    return output.split('\n').slice(0, -1);
  };
  assert.deepEqual(complete('a'), ['audit']);
  assert.deepEqual(complete('audit', 'v'), ['verify']);
  assert.deepEqual(complete('audit', 'verify', '--j'), ['--json']);
  assert.deepEqual(complete('audit', 'verify', '/proc/self/statm'), ['/proc/self/statm']);
});

for (const shell of ['fish', 'zsh']) {
  test(`the completion of ${shell} has the first words audit and policy`, () => {
    const script = projectFile(`packaging/completion/guestd.${shell}`);
    assert.deepEqual(absentFrom(script, ['audit', 'policy', 'verify']), []);
  });
}

test('guestd(8) has a synopsis of guestd audit', () => {
  const [, synopsis = ''] = projectFile('packaging/man/guestd.8')
    .split(/^\.SH .*$/m)
    .slice(1);
  assert.match(synopsis, /guestd audit verify/);
});

test('guestd.conf(5) has a section for each key of the configuration, and for no other', () => {
  const page = projectFile('packaging/man/guestd.conf.5').replaceAll('\\-', '-');
  const described = Array.from(
    page.matchAll(/^\.TP\n\.BR ([a-z-]+) " \((?:text|list|boolean|seconds), " (--[a-z-]+) \)$/gm),
  );
  assert.deepEqual(described.map(([, key = '']) => key).toSorted(), keys.toSorted());
  assert.deepEqual(
    described.map(([, , option = '']) => option).filter((option) => !words.includes(option)),
    [],
  );
});
