import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { programsOf, withProfile } from '../src/programs.js';

const agents = programsOf(
  [
    { name: 'new', command: ['/usr/bin/node', 'packages/agent/bin/guestd.js', '-v'] },
    { name: 'single', command: ['dist/package/guestd'] },
    { name: 'c', command: ['/usr/sbin/qemu-ga'] },
  ],
  () => assert.fail('nothing is missing'),
);

describe('programsOf', () => {
  it('finds out which of the given agents is guestd', () => {
    assert.deepEqual(
      agents.map(({ name, isGuestd }) => [name, isGuestd]),
      [
        ['new', true],
        ['single', true],
        ['c', false],
      ],
    );
  });
});

describe('programsOf with a program without a folder', () => {
  it('finds it in the PATH, which agents do not have', () => {
    const [agent] = programsOf([{ name: 'a', command: ['sh', '-c', 'true'] }], () => {});
    assert.match(agent?.command[0] ?? '', /^\/.*\/sh$/);
    assert.deepEqual(agent?.command.slice(1), ['-c', 'true']);
  });
});

describe('withProfile', () => {
  it('adds a module to a guestd that node runs, and to no other program', () => {
    const [first, ...others] = agents.map((program) => withProfile(program, '/tmp/a b'));
    const [node, flag, preload = '', ...args] = first?.command ?? [];
    assert.deepEqual(
      [node, flag, ...args],
      ['/usr/bin/node', '--import', 'packages/agent/bin/guestd.js', '-v'],
    );
    assert.equal(new URL(preload).searchParams.get('folder'), '/tmp/a b');
    assert.deepEqual(others, [undefined, undefined]);
  });
});
