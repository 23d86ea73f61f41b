import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { WireObject } from '@guestwire/schema';
import { AuditLog } from '../../../src/audit/audit-log.js';
import { silentLogger } from '../../../src/log/logger.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

test('an audit log that is closed records commands that still run as unfinished, and only once', async () => {
  using folder = temporaryFolder();
  const file = folder.file('audit.log');
  const log = new AuditLog({ file, failure: 'continue', channel: 'unix-listen', log: silentLogger });
  await log.open();
  const command = { descriptor: undefined, args: WireObject.empty, peer: undefined };
  log.started({ ...command, name: 'test-done' }).finished('allowed');
  const { finished } = log.started({ ...command, name: 'test-slow' });
  await log.close();
  finished('allowed');
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ event, command, result }) => [event ?? command, result]),
    [
      ['started', undefined],
      ['test-done', 'ok'],
      ['test-slow', 'Unfinished'],
      ['stopped', undefined],
    ],
  );
});
