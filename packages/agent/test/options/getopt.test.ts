import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flags } from '../../src/options/flags.js';
import { getopt } from '../../src/options/getopt.js';

/** Returns the parsed options in short form: `name`, `name=value`, or the error message. */
function read(...args: string[]): string[] {
  return [...getopt(args, flags)].flatMap((given) => {
    if (given.kind === 'word') return [];
    if (given.kind === 'error') return [given.text];
    return [given.name + (given.value === undefined ? '' : `=${given.value}`)];
  });
}

describe('getopt', () => {
  it('takes an argument from the next word or from the same one', () => {
    assert.deepEqual(read('-p', 'a', '-pb', '--path', 'c', '--path=d', '--path='), [
      'path=a',
      'path=b',
      'path=c',
      'path=d',
      'path=',
    ]);
  });

  it('yields other words in their order, and all words after --', () => {
    const words = [...getopt(['a', '-p', 'b', 'c', '-v', '--', '-v', 'd'], flags)].flatMap((given) =>
      given.kind === 'word' ? [given.value] : [],
    );
    assert.deepEqual(words, ['a', 'c', '-v', 'd']);
  });

  it('takes an argument even if it looks like an option', () => {
    assert.deepEqual(read('-p', '-v', '--path', '--', '-v'), ['path=-v', 'path=--', 'verbose']);
  });

  it('takes combined short options, the last with an argument', () => {
    assert.deepEqual(read('-vdpx'), ['verbose', 'daemonize', 'path=x']);
  });

  it('takes an optional argument only if it is attached', () => {
    assert.deepEqual(read('-F', 'a', '-F/b', '--fsfreeze-hook', 'c', '--fsfreeze-hook=/d'), [
      'fsfreeze-hook',
      'fsfreeze-hook=/b',
      'fsfreeze-hook',
      'fsfreeze-hook=/d',
    ]);
  });

  it('skips other words and a single dash, and stops at two dashes', () => {
    assert.deepEqual(read('x', '-v', '-', 'y', '-h', '--', '-V'), ['verbose', 'help']);
  });

  it('takes an unambiguous abbreviation', () => {
    assert.deepEqual(read('--daemon', '--verb', '--stat=x'), ['daemonize', 'verbose', 'statedir=x']);
  });

  it("takes the C agent's abbreviations although guestd has more options", () => {
    assert.deepEqual(read('--re', '--f', '--s=x', '--rep=1', '--fr=2', '--sy=3'), [
      'retry-path',
      'fsfreeze-hook',
      'statedir=x',
      'report-version=1',
      'freeze-timeout=2',
      'system-root=3',
    ]);
  });

  it('takes the short form of an option without a long name', () => {
    assert.deepEqual(read('-s', 'x', '-sy', '--service=z', '--s=t'), [
      'service=x',
      'service=y',
      "unrecognized option '--service=z'",
      'statedir=t',
    ]);
  });

  it('reports errors with the text of getopt_long', () => {
    assert.deepEqual(read('--bogus', '--bogus=1', '-x', '--verbose=1', '--p=1', '--ver'), [
      "unrecognized option '--bogus'",
      "unrecognized option '--bogus=1'",
      "invalid option -- 'x'",
      "option '--verbose' doesn't allow an argument",
      "option '--p=1' is ambiguous; possibilities: '--pidfile' '--path'",
      "option '--ver' is ambiguous; possibilities: '--version' '--verbose'",
    ]);
    assert.deepEqual(read('--path'), ["option '--path' requires an argument"]);
    assert.deepEqual(read('-vp'), ['verbose', "option requires an argument -- 'p'"]);
  });
});
