import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { AgentError } from '../../src/agent-error.js';
import { readOptions } from '../../src/options/options.js';

export const target: FuzzTarget = {
  name: 'command-line',
  invariants: 'only AgentError; times lie in their ranges; every complaint has a text',
  covers: ['agent/dist/src/options/'],
  seeds: [
    '-m\nunix-listen\n-p\n/run/x\n-v',
    '--method=vsock-listen\n--path=3:1234\n-b\nguest-exec,guest-ping\n-D',
    '-F\n-F/h\n--freeze-timeout\n5',
    '-dvV',
    '--\n-h',
  ],
  dictionary: [
    '\n',
    '-',
    '--',
    '=',
    '-m',
    '-F',
    '-c',
    '/dev/null',
    '--freeze-timeout=',
    '--helper-timeout=1',
    '--log-format=json',
    '--dump-conf',
    ',',
  ],
  structure: ['lines', 'tokens'],
  run(input) {
    // An argument cannot contain NUL.
    const args = input.toString().replaceAll('\0', '').split('\n');
    try {
      const invocation = readOptions(args, {}, { complain: (text) => assert.notEqual(text, '') });
      if (invocation.kind !== 'run') return invocation.kind;
      const { freezeTimeout = 0, helperTimeout } = invocation.options;
      assert.ok(
        freezeTimeout >= 0 && helperTimeout >= 1 && Math.max(freezeTimeout, helperTimeout) < 2 ** 31 / 1000,
      );
      return 'run';
    } catch (error) {
      assert.ok(error instanceof AgentError, `not an AgentError: ${error}`);
      return outcomeOf(error.message.replace(/[,:'].*/s, ''));
    }
  },
};
