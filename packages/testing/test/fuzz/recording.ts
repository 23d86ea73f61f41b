import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { formatRecording, parseRecording, type Recording } from '../../src/index.js';

export const target: FuzzTarget = {
  name: 'recording',
  invariants:
    'only SyntaxError, with the number of a line; a recording is formatted and parsed back unchanged',
  covers: ['testing/dist/src/recording/recording'],
  seeds: [
    'guestwire recording 1\ntarget unix:/run/vm1/qga.sock\n\n0.000 > \\xff{"execute":"guest-ping"}\\n\n0.913 < {"return": {}}\n      | \\n\n2.004 host ends\n',
    'guestwire recording 1\ntarget tcp:h:1\n# comment\n\n1.500 guest ends\n',
  ],
  dictionary: [
    'guestwire recording 1',
    'target ',
    '0.000 > ',
    '1.000 < ',
    '  | ',
    ' host ends',
    ' guest ends',
    '\\x',
    '\\xff',
    '\\n',
    '\\\\',
    '#',
  ],
  structure: ['lines', 'tokens'],
  run(input) {
    const text = input.toString();
    let recording: Recording;
    try {
      recording = parseRecording(text);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, `not a SyntaxError: ${error}`);
      const line = /^line (\d+) /.exec(error.message)?.[1];
      assert.ok(line === undefined || Number(line) <= text.split('\n').length);
      return outcomeOf(error.message);
    }
    assert.deepEqual(parseRecording(formatRecording(recording)), recording);
    return `events ${Math.min(recording.events.length, 5)}`;
  },
};
