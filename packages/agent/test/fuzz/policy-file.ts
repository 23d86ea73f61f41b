import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { parsePolicy } from '../../src/policy/parse-policy.js';
import type { Policy } from '../../src/policy/policy.js';

const COMMANDS = ['guest-ping', 'guest-exec', 'guest-file-open', 'guest-shutdown'];
const PATHS = ['/', '/etc/shadow', '/a', '/a/b/c', '/var/log/x.log'];
const CALLS = [
  { path: '/bin/true', args: [] },
  { path: '/usr/bin/systemctl', args: ['status', 'x y'] },
];

export const target: FuzzTarget = {
  name: 'policy-file',
  invariants:
    'never throws; an invalid file has problems, each with a line of the file; a rule that denies refuses whatever else is in the file; every decision names its rule',
  covers: ['agent/dist/src/policy/', 'agent/dist/src/key-file'],
  seeds: [
    '[commands]\npreset = audit, filesystem\nallow=guest-exec guest-exec-status\ndeny=guest-get-users\n',
    '[commands]\npreset=unrestricted\n[files]\nread=/var/log/**\nwrite=/tmp/[a-z]*\ndeny=/etc/shadow\nhard-links=true\n',
    '[commands]\npreset=file-read\n[programs]\nallow=/usr/bin/systemctl status *\ndeny=/bin/sh\nenv=LANG, PATH\n',
    '[comands]\nalow=guest-pin\n',
  ],
  dictionary: [
    ...[
      '[commands]\n',
      '[files]\n',
      '[programs]\n',
      'preset=',
      'allow=',
      'deny=',
      'read=',
      'write=',
      'deny-read=',
      'hard-links=',
      'env=',
    ],
    ...[
      'audit',
      'file-read',
      'file-write',
      'filesystem',
      'unrestricted',
      '/**',
      '/*',
      '[!a]',
      '?',
      '\\s',
      '\\',
      ',',
      '/../',
      '//',
    ],
    ...COMMANDS,
  ],
  structure: ['lines', 'tokens'],
  run(input) {
    const text = input.toString();
    const { policy, problems } = parsePolicy(text, '/p');
    if (policy === undefined) {
      const last = text.split('\n').length;
      for (const { line, message } of problems) {
        assert.ok(line >= 0 && line <= last, `line ${line} of ${last}`);
        assert.notEqual(message, '');
      }
      const [first] = problems;
      assert.ok(first !== undefined, 'neither a policy nor a problem');
      return outcomeOf(
        first.message
          .replace(/^.* is no /s, 'no ')
          .split(' ', 2)
          .join(' '),
      );
    }
    const decisions = decisionsOf(policy);
    for (const { rule } of decisions) assert.notEqual(rule, '');
    refusesEverything(text);
    return `${decisions.filter(({ allowed }) => allowed).length} allowed`;
  },
};

function decisionsOf(policy: Policy): { readonly allowed: boolean; readonly rule: string }[] {
  return [
    ...COMMANDS.map((name) => policy.command(name)),
    ...(['read', 'write'] as const).flatMap((access) => [
      policy.access(access),
      ...PATHS.map((path) => policy.path(path, access)),
    ]),
    ...CALLS.map((call) => policy.program(call)),
  ];
}

/** Adds rules that deny everything. */
function refusesEverything(text: string): void {
  const rules = [
    `[commands]\ndeny=${COMMANDS.join(' ')}`,
    '[files]\ndeny=/**',
    `[programs]\n${CALLS.map(({ path }) => `deny=${path}`).join('\n')}`,
  ];
  const { policy, problems } = parsePolicy(`${text}\n${rules.join('\n')}\n`, '/p');
  assert.ok(policy !== undefined, `further rules are a problem: ${problems[0]?.message}`);
  for (const name of COMMANDS) assert.ok(!policy.command(name).allowed, `${name} is allowed`);
  for (const path of PATHS) {
    for (const access of ['read', 'write'] as const) {
      assert.ok(!policy.path(path, access).allowed, `${access} of ${path} is allowed`);
    }
  }
  for (const call of CALLS) assert.ok(!policy.program(call).allowed, `${call.path} is allowed`);
}
