import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Glob } from '../../src/policy/glob.js';

describe('Glob', () => {
  const cases: readonly [pattern: string, matching: readonly string[], others: readonly string[]][] = [
    [
      '/etc/os-release',
      ['/etc/os-release'],
      ['/etc/os-release2', '/etc', '/etc/os-release/x', '/x/etc/os-release'],
    ],
    ['/var/log/*', ['/var/log/a', '/var/log/.hidden'], ['/var/log', '/var/log/a/b', '/var/logs/a']],
    ['/var/log/*.log', ['/var/log/.log', '/var/log/a.b.log'], ['/var/log/a.logs', '/var/log/a/b.log']],
    ['/srv/**', ['/srv', '/srv/a', '/srv/a/b/c'], ['/srvx', '/a/srv/b']],
    ['/srv/**/x', ['/srv/x', '/srv/a/x', '/srv/a/b/x', '/srv/x/x'], ['/srv', '/srv/x/y', '/x']],
    ['/a/**/b/**/c', ['/a/b/c', '/a/1/b/2/3/c', '/a/b/b/c'], ['/a/c', '/a/b', '/a/b/c/d']],
    ['/**', ['/a', '/a/b'], []],
    ['/dev/tty?', ['/dev/tty0', '/dev/ttyä', '/dev/tty😀'], ['/dev/tty', '/dev/tty10', '/dev/tty/']],
    ['/a/[a-c]x', ['/a/ax', '/a/cx'], ['/a/dx', '/a/-x', '/a/x']],
    ['/a/[!a-c]x', ['/a/dx', '/a/-x'], ['/a/ax', '/a//x']],
    ['/a/[]-]', ['/a/]', '/a/-'], ['/a/a', '/a/[]-]']],
    ['/a/[*][?][[]', ['/a/*?['], ['/a/x?[']],
    ['/a/[a-]x', ['/a/-x', '/a/ax'], ['/a/bx']],
    ['/a/x{1}', ['/a/x{1}'], ['/a/x']],
    ['/a/]', ['/a/]'], []],
    ['/a/+.$^|()\\', ['/a/+.$^|()\\'], ['/a/+.']],
    ['/*a*b*', ['/ab', '/xaxbx', '/aab'], ['/ba', '/a', '/a/b']],
  ];
  for (const [pattern, matching, others] of cases) {
    it(`${pattern} matches only the paths that it describes`, () => {
      const glob = new Glob(pattern);
      for (const path of matching) assert.equal(glob.matches(path), true, path);
      for (const path of others) assert.equal(glob.matches(path), false, path);
    });
  }

  it('has the fixed prefix of its first components without a pattern', () => {
    const prefixes = [
      ['/a/b/c', '/a/b'],
      ['/a', '/'],
      ['/a/b/*', '/a/b'],
      ['/a/*/c', '/a'],
      ['/**', '/'],
      ['/a/**/c', '/a'],
      ['/a/b[c]/d', '/a'],
    ] as const;
    for (const [pattern, prefix] of prefixes) assert.equal(new Glob(pattern).fixedPrefix, prefix, pattern);
  });

  it('moves below another folder', () => {
    assert.equal(new Glob('/run/x/*.y').below('/z').text, '/z/*.y');
    assert.equal(new Glob('/a').below('/z').text, '/z/a');
    assert.equal(new Glob('/run/**').below('/').text, '/**');
    const odd = new Glob('/run/*').below('/a[b]*?');
    assert.equal(odd.matches('/a[b]*?/x'), true);
    assert.equal(odd.matches('/ab*?/x'), false);
  });

  it('rejects what is no absolute pattern', () => {
    for (const text of [
      '',
      'a',
      '*',
      '/',
      '/a/',
      '/a//b',
      '/a/../b',
      '/./a',
      '/a/x**',
      '/a/[b',
      '/a/[]',
      '/a/[!]b',
      '/a/[z-a]',
      '/a\0',
    ]) {
      assert.throws(() => new Glob(text), SyntaxError, text);
    }
  });

  it('matches a long path with many stars in bounded time', () => {
    const glob = new Glob(`/${'*a'.repeat(60)}*b`);
    assert.equal(glob.matches(`/${'a'.repeat(4000)}`), false);
    const deep = new Glob(`/${'**/a/'.repeat(60)}b`);
    assert.equal(deep.matches(`/${'a/'.repeat(2000)}c`), false);
  });
});
