import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseOptions, UsageError } from '../src/options.js';

describe('parseOptions', () => {
  it('selects everything but the guest by default', () => {
    const { sections, rounds, effort, agents, json } = parseOptions([]);
    assert.deepEqual(sections, ['agents', 'host', 'compiler']);
    assert.deepEqual({ rounds, effort, agents, json }, { rounds: 5, effort: 1, agents: [], json: false });
  });

  it('selects sections by --all, --vm and --host', () => {
    assert.deepEqual(parseOptions(['--all']).sections, ['agents', 'host', 'compiler', 'guest']);
    assert.deepEqual(parseOptions(['--vm']).sections, ['guest']);
    assert.deepEqual(parseOptions(['--host']).sections, ['host']);
  });

  it('measures only the given agents with --agent', () => {
    const { sections, agents } = parseOptions([
      '--agent',
      'old=node  /old/guestd.js -v',
      '--agent',
      'new=/b=c',
    ]);
    assert.deepEqual(sections, ['agents']);
    assert.deepEqual(agents, [
      { name: 'old', command: ['node', '/old/guestd.js', '-v'] },
      { name: 'new', command: ['/b=c'] },
    ]);
  });

  it('lets --rounds override those of --quick', () => {
    assert.deepEqual(parseOptions(['--quick']).rounds, 2);
    const { rounds, effort } = parseOptions(['--quick', '--rounds', '7']);
    assert.deepEqual([rounds, effort], [7, 0.2]);
  });

  it('reads folders and words', () => {
    const options = parseOptions(['--profile', 'p', '--curves', 'c', '--only', 'ping', '--only', 'exec']);
    const { profileFolder, curveFolder, only } = options;
    assert.deepEqual([profileFolder, curveFolder, only], ['p', 'c', ['ping', 'exec']]);
  });

  const errors: readonly (readonly [args: readonly string[], message: RegExp])[] = [
    [['--fast'], /--fast/],
    [['ping'], /ping/],
    [['--rounds'], /rounds/],
    [['--rounds', '0'], /^--rounds: 0 is not an integer from 1 to 9999$/],
    [['--rounds', '2.5'], /^--rounds: 2.5 is not/],
    [['--rounds', 'many'], /^--rounds: many is not/],
    [['--agent', 'guestd'], /^--agent: guestd is not NAME=COMMAND$/],
    [['--agent', '=guestd'], /is not NAME=COMMAND$/],
    [['--agent', 'old= '], /is not NAME=COMMAND$/],
    [['--agent', 'a=x', '--agent', 'a=y'], /^--agent: the name a is used twice$/],
    [['--vm', '--host'], /exclude each other/],
  ];
  for (const [args, message] of errors) {
    it(`rejects ${args.join(' ')}`, () => {
      assert.throws(
        () => parseOptions(args),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }
});
