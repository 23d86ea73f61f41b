import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { userDatabase } from '../../src/guest/account/user-database.js';
import { fuzzFile } from '../support/fuzz-file.js';

const file = fuzzFile('etc/passwd');

export const target: FuzzTarget = {
  name: 'user-database',
  invariants:
    'never throws; a user has numbers of users that a file can belong to; a name that no line begins with is unknown',
  covers: ['agent/dist/src/guest/account/user-database'],
  seeds: [
    'root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:,,,:/home/user:/bin/sh\n',
    'root:x:0:0::/:',
    '+::::::\n',
  ],
  dictionary: [':', '::', 'root', '0', '-1', '4294967296', '1e3', '0x10', ' ', '\n', '#'],
  structure: ['lines', 'tokens'],
  async run(input) {
    const users = userDatabase(file.write(input));
    const user = await users.find('root');
    if (!/^root:/m.test(input.toString())) assert.equal(user, undefined);
    if (user === undefined) return 'unknown';
    for (const id of [user.uid, user.gid])
      assert.ok(Number.isInteger(id) && id >= 0 && id < 2 ** 32, `id ${id}`);
    return 'found';
  },
};
