import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AgentError } from '../../src/agent-error.js';
import { closestWord } from '../../src/policy/closest-word.js';
import { checkCommandNames } from '../../src/policy/command-names.js';

const COMMAND = /'command': *'([^']+)'/g;

function names(schema: string): readonly string[] {
  return Array.from(schema.matchAll(COMMAND), ([, name = '']) => name);
}

describe('checkCommandNames', () => {
  const schemas = [
    [
      'the schema of 2012',
      fileURLToPath(new URL('../../../../qapi/test/schema/guest-2012.json', import.meta.url)),
    ],
    ['the schema that Debian installs', '/usr/share/doc/qemu-guest-agent/qapi-schema.json.gz'],
  ] as const;
  for (const [title, path] of schemas) {
    it(`accepts all names of ${title}`, { skip: existsSync(path) ? false : `${path} is missing` }, () => {
      const text = path.endsWith('.gz')
        ? execFileSync('gzip', ['-dc', path], { encoding: 'utf8' })
        : readFileSync(path, 'utf8');
      const found = names(text);
      assert.ok(found.length > 10, `${found.length} commands`);
      checkCommandNames(found, 'list');
    });
  }

  it('accepts commands of an embedding program', () => {
    checkCommandNames(['example-greet'], 'list', new Set(['example-greet']));
  });

  it('rejects other names, with the closest one', () => {
    const line = (name: string, others?: ReadonlySet<string>): string => {
      try {
        checkCommandNames(['guest-ping', name], 'list', others);
      } catch (error) {
        assert.ok(error instanceof AgentError && error.code === 'option');
        return error.line;
      }
      return 'accepted';
    };
    assert.equal(line('guest-exce'), "list: unknown command 'guest-exce' (did you mean 'guest-exec'?)");
    assert.equal(
      line('GUEST-PING'),
      "list: unknown command 'GUEST-PING' (guestd --block-rpcs=help lists all names)",
    );
    assert.equal(
      line('example-gret', new Set(['example-greet'])),
      "list: unknown command 'example-gret' (did you mean 'example-greet'?)",
    );
  });
});

describe('closestWord', () => {
  it('returns the candidate with the fewest edits, if it is similar', () => {
    const candidates = ['read', 'write', 'deny-read', 'deny-write'];
    assert.equal(closestWord('raed', candidates), 'read');
    assert.equal(closestWord('writ', candidates), 'write');
    assert.equal(closestWord('denyread', candidates), 'deny-read');
    assert.equal(closestWord('execute', candidates), undefined);
    assert.equal(closestWord('', candidates), undefined);
  });
});
