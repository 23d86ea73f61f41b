import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import type { GuestCalls } from '../../src/calls.js';
import { guestTree } from '../../src/files/copy/guest-tree.js';
import { parentOf } from '../../src/files/copy/raw-path.js';
import type { Tree } from '../../src/files/copy/tree.js';
import { GuestShell } from '../../src/files/guest-shell.js';
import { isGuestError } from '../../src/guest-error.js';

/** A shell whose scripts print the same bytes. Listing uses only the message limits of the guest. */
class FixedShell extends GuestShell {
  readonly #stdout: Buffer;

  constructor(stdout: Buffer) {
    super({ messageLimits: {} } as GuestCalls, {});
    this.#stdout = stdout;
  }

  override async run(): Promise<{ readonly stdout: Buffer; readonly stderr: string }> {
    return { stdout: this.#stdout, stderr: '' };
  }
}

const FOLDER = '41ed 4096\n\0';

export const target: FuzzTarget = {
  name: 'guest-tree',
  invariants:
    'only GuestError; every entry lies inside the folder, once, after the folder that contains it; sizes are integers',
  covers: ['client/dist/src/files/copy/guest-tree', 'client/dist/src/files/copy/tree'],
  seeds: [
    'absent\0',
    '81a4 5\n\0end\0',
    `${FOLDER}./a\0./d\0\x0081a4 5 ./a\n41ed 4096 ./d\n\0\0end\0`,
    `${FOLDER}./d\0./d/l\0\x0041ed 4096 ./d\na1ff 3 ./d/l\n\0./d/l\0=../x\0\0end\0`,
    `${FOLDER}failed\0`,
    `${FOLDER}./../etc\0\x0081a4 5 ./../etc\n\0\0end\0`,
  ],
  dictionary: [
    '\0',
    '\0\0',
    './',
    '../',
    './..',
    '/',
    'end\0',
    'failed\0',
    'absent\0',
    '81a4 5 ',
    '41ed 4096 ',
    'a1ff 3 ',
    '\n',
    '=',
  ],
  structure: ['tokens', 'lines'],
  async run(input) {
    let tree: Tree | undefined;
    try {
      tree = await guestTree(new FixedShell(input), '/folder', true);
    } catch (error) {
      assert.ok(isGuestError(error), `not a GuestError: ${error}`);
      return outcomeOf(error.message.replace(/".*"/s, '""'));
    }
    if (tree === undefined) return 'absent';
    const folders = new Set(['']);
    const seen = new Set<string>();
    for (const { path, kind, size } of tree.entries) {
      assert.doesNotMatch(path, /^$|^\/|\0|(^|\/)(\.{0,2})(\/|$)/);
      assert.ok(!seen.has(path), 'listed twice');
      assert.ok(folders.has(parentOf(path)), 'not in a folder');
      assert.ok(Number.isSafeInteger(size) && size >= 0);
      seen.add(path);
      if (kind === 'folder') folders.add(path);
    }
    return `entries ${Math.min(seen.size, 4)}`;
  },
};
