import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { errnoOf, errnoText, strerror, systemError } from '@guestwire/posix';

test('error numbers have the words of glibc', () => {
  assert.equal(strerror(0), 'Success');
  assert.equal(strerror(1), 'Operation not permitted');
  assert.equal(strerror(11), 'Resource temporarily unavailable');
  assert.equal(strerror(18), 'Invalid cross-device link');
  assert.equal(strerror(95), 'Operation not supported');
  assert.equal(strerror(133), 'Memory page has hardware error');
  assert.equal(strerror(41), 'Unknown error 41');
  assert.equal(strerror(4711), 'Unknown error 4711');
});

test("Node's errors and those of direct system calls tell their number alike", () => {
  assert.equal(errnoOf(systemError(28, 'write')), 28);
  assert.throws(
    () => statSync('/no/such/file'),
    (error) => errnoOf(error) === 2 && errnoText(error) === 'No such file or directory',
  );
});

test('an error that no system call made is not explained but thrown again', () => {
  const error = new TypeError('a mistake');
  assert.equal(errnoOf(error), undefined);
  assert.throws(() => errnoText(error), error);
});
