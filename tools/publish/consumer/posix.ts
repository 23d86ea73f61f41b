// Calls the C library.
import assert from 'node:assert/strict';
import { closeFd, ENOENT, pipe, statvfs, strerror } from '@guestwire/posix';

assert.equal(strerror(ENOENT), 'No such file or directory');
const space = await statvfs(Buffer.from('/'));
assert.ok(space !== undefined);
for (const fd of pipe()) await closeFd(fd);
