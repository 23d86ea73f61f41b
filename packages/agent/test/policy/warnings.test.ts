import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/policy/parse-policy.js';
import { policyWarnings } from '../../src/policy/warnings.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('the warnings about a policy', () => {
  const warnings = (...lines: string[]): readonly string[] => {
    const { policy, problems } = parsePolicy(
      ['[commands]', 'preset=unrestricted', ...lines].join('\n'),
      '/p',
    );
    assert.deepEqual(problems, []);
    return policyWarnings(policy ?? assert.fail());
  };
  const noPrograms = ['[programs]', 'deny=/x'];

  it('name files of the kernel that may be read or written', () => {
    const advice = 'add deny = /proc/** and deny-write = /sys/**';
    assert.deepEqual(warnings('[files]', 'read=/**', ...noPrograms), [`/proc/1/mem may be read: ${advice}`]);
    assert.deepEqual(warnings('[files]', 'write=/proc/*', ...noPrograms), [
      `/proc/sysrq-trigger may be written: ${advice}`,
    ]);
    const denied = ['read=/**', 'write=/**', 'deny=/proc/**', 'deny-write=/sys/**'];
    assert.deepEqual(warnings('[files]', ...denied, ...noPrograms), []);
    assert.deepEqual(warnings(...noPrograms), []);
  });

  it('name the resolved path of a program that a rule allows through a link', () => {
    using folder = temporaryFolder();
    symlinkSync('/usr/lib', folder.file('alias'));
    assert.deepEqual(warnings('[programs]', `allow=${folder.path}/alias/x`), [
      `line 4 of /p: allow = ${folder.path}/alias/x: ${folder.path}/alias leads to /usr/lib through a link; write /usr/lib/x`,
    ]);
  });
});
