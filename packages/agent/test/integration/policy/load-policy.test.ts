import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AgentError } from '../../../src/agent-error.js';
import { loadPolicy } from '../../../src/policy/load-policy.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

const OTHER_USER = 65534;

describe('loadPolicy', () => {
  let folder: TemporaryFolder;
  let file: string;

  beforeEach(() => {
    folder = temporaryFolder();
    file = folder.file('policy');
    writeFileSync(file, '[commands]\npreset=audit\n', { mode: 0o644 });
  });

  afterEach(() => folder[Symbol.dispose]());

  const refusal = (path: string): string => {
    try {
      loadPolicy(path);
      return 'loaded';
    } catch (error) {
      assert.ok(error instanceof AgentError && error.code === 'policy');
      return error.message;
    }
  };

  it('reads a file that only its owner may write, also through a link of root', () => {
    assert.equal(refusal(file), 'loaded');
    symlinkSync('policy', folder.file('link'));
    assert.equal(refusal(folder.file('link')), 'loaded');
    assert.equal(loadPolicy('./policy', { folder: folder.path }).source, file);
  });

  it('knows the commands of an embedding program', () => {
    writeFileSync(file, '[commands]\nallow=example-greet\n');
    assert.match(refusal(file), /line 2: unknown command 'example-greet'/);
    const policy = loadPolicy(file, { others: new Set(['example-greet']) });
    assert.equal(policy.command('example-greet').allowed, true);
  });

  it('refuses a file, a folder or a link that another user could replace', () => {
    mkdirSync(folder.file('own'));
    symlinkSync('../policy', folder.file('own/link'));
    chownSync(folder.file('own'), OTHER_USER, OTHER_USER);
    const belongs = `belongs to user ${OTHER_USER}`;
    assert.equal(
      refusal(folder.file('own/link')),
      `refusing the policy ${folder.path}/own/link: ${folder.path}/own ${belongs}`,
    );
    symlinkSync('policy', folder.file('link'));
    lchownSync(folder.file('link'), OTHER_USER, OTHER_USER);
    assert.equal(
      refusal(folder.file('link')),
      `refusing the policy ${folder.path}/link: ${folder.path}/link ${belongs}`,
    );
    chmodSync(file, 0o664);
    assert.match(refusal(file), /policy can be written by other users$/);
    chmodSync(file, 0o644);
    chownSync(file, OTHER_USER, 0);
    assert.ok(refusal(file).endsWith(`policy ${belongs}`));
  });

  it('refuses what is no file of text, and does not wait for a FIFO', () => {
    assert.match(refusal(`${folder.path}/`), /^cannot read the policy .*: it is not a regular file$/);
    execFileSync('mkfifo', ['-m', '600', folder.file('fifo')]);
    assert.match(refusal(folder.file('fifo')), /: it is not a regular file$/);
    assert.match(refusal(folder.file('absent')), /: No such file or directory$/);
    writeFileSync(file, Buffer.from([0xff, 0x0a]));
    assert.match(refusal(file), /: it is not UTF-8$/);
    truncateSync(file, 2 ** 20 + 1);
    assert.match(refusal(file), /: it is larger than 1048576 bytes$/);
  });
});
