// Runs every command with guests whose replies have the right types and hostile contents, other types, or hostile errors.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { exitStatus } from '../../src/exit-status.js';
import { commandFlags } from '../support/command-flags.js';
import {
  type Choose,
  controlsTerminal,
  HOSTILE_TEXT,
  hostileAnswers,
  type Manner,
} from '../support/hostile-replies.js';
import { returning, withGuest } from '../support/with-guest.js';

const ROUNDS = 2;
const LIMIT = ['--timeout', '1s'];

/** Arguments with which each command talks to the guest; those of `cp` and `write` need a folder. */
function invocations(folder: string): ReadonlyMap<string, readonly (readonly string[])[]> {
  return new Map<string, readonly (readonly string[])[]>([
    ['ping', [[]]],
    ['info', [[]]],
    ['call', [['guest-get-osinfo'], ['guest-info'], ['guest-exec-status', '{"pid": 1}']]],
    ['wait', [[], ['command', 'guest-exec'], ['process', '1'], ['address']]],
    ['doctor', [[]]],
    ['targets', [[]]],
    ['completion', [['bash']]],
    ['exec', [['--no-input', '--', 'x']]],
    [
      'cp',
      [
        ['guest:/x', join(folder, 'one')],
        ['-r', 'guest:/x', join(folder, 'two')],
        [join(folder, 'file'), 'guest:/x'],
      ],
    ],
    ['cat', [['/x']]],
    ['write', [['/x'], ['--atomic', '/x'], ['--mode', '0600', '/x']]],
    ['os', [[]]],
    ['net', [[]]],
    ['routes', [[]]],
    ['users', [[]]],
    ['load', [[]]],
    ['top', [['--count', '1', '--interval', '1ms']]],
    ['time', [[], ['--sync']]],
    ['cpus', [[], ['--enable', '1-3']]],
    ['memory', [[], ['--online', '1-3']]],
    ['fs', [[]]],
    ['disks', [[]]],
    ['trim', [[]]],
    [
      'freeze',
      [
        ['--for', '10ms'],
        ['--', 'true'],
      ],
    ],
    ['status', [[]]],
    ['thaw', [[]]],
    ['passwd', [['alice']]],
    ['keys list', [['alice']]],
    ['keys add', [['alice', 'ssh-ed25519 AAAA']]],
    ['keys remove', [['alice', 'ssh-ed25519 AAAA']]],
    ['keys replace', [['alice', 'ssh-ed25519 AAAA']]],
    ['shutdown', [[]]],
    ['reboot', [[]]],
    ['halt', [[]]],
    ['suspend', [['ram']]],
  ]);
}

/** These print bytes of the guest unchanged, unless the output is a terminal. */
const PASSES_BYTES: readonly string[] = ['exec', 'cat'];

/** Repeatable choices: a linear congruential generator. */
function chooser(seed: number): Choose {
  let state = seed;
  return (count) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % count;
  };
}

/** Removes the control sequences of guestctl itself: those of the progress bar and of the screen of `top`. */
function withoutOwnSequences(text: string): string {
  return text.replaceAll(/\r?\u001b\[(?:K|H|J|\?1049[hl]|\?25[hl])/g, '');
}

describe('guestctl with a hostile guest', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
    writeFileSync(join(folder, 'file'), 'x');
  });
  after(() => rmSync(folder, { recursive: true }));

  test('every command is tested', async () => {
    assert.deepEqual([...invocations('').keys()].sort(), [...(await commandFlags()).keys()].sort());
  });

  for (const [command, all] of invocations('FOLDER')) {
    for (const manner of ['valid values', 'other types', 'errors'] as const satisfies readonly Manner[]) {
      test(`${command} neither has an internal error nor controls the terminal: ${manner}`, async () => {
        for (const args of all) {
          for (let round = 0; round < ROUNDS * 4; round += 1) {
            const terminal = round % 2 === 0;
            const isJson = round % 4 < 2 && command !== 'completion';
            const words = [
              ...command.split(' '),
              ...(command === 'targets' || command === 'completion' ? [] : LIMIT),
              ...(isJson ? ['--json'] : []),
              ...args.map((word) => word.replace('FOLDER', folder)),
            ];
            const hostile = hostileAnswers(manner, chooser(round * 7919 + words.join().length));
            // guestctl would try to thaw such a guest for a minute.
            const thawed = { 'guest-fsfreeze-status': returning('thawed') };
            const answers = command === 'freeze' ? { ...hostile, ...thawed } : hostile;
            const surroundings = { terminal, errorTerminal: terminal, input: 'secret' };
            const { status, out, err } = await withGuest(words, answers, surroundings);
            const shown = JSON.stringify({ words, status, out, err });
            assert.notEqual(status, exitStatus.internal, shown);
            assert.doesNotMatch(err, /internal error/, shown);
            // Bytes of a program are passed unchanged to a pipe, its standard error too.
            if (!terminal && !isJson && PASSES_BYTES.includes(command)) continue;
            assert.ok(!controlsTerminal(withoutOwnSequences(out + err)), shown);
          }
        }
      });
    }
  }

  test('the JSON of call has the escaped text, and its value is unchanged', async () => {
    const answers = { 'guest-get-host-name': JSON.stringify({ return: { 'host-name': HOSTILE_TEXT } }) };
    for (const args of [
      ['call', 'guest-get-host-name'],
      ['call', 'guest-get-host-name', '--json'],
    ]) {
      for (const terminal of [true, false]) {
        const { status, out } = await withGuest(args, answers, { terminal });
        assert.equal(status, 0);
        assert.ok(!controlsTerminal(out), out);
        assert.match(out, /\\u202e/);
        assert.deepEqual(JSON.parse(out), { 'host-name': HOSTILE_TEXT });
      }
    }
  });
});
