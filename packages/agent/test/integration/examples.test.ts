// Every command of the contract is described with an example, and the agent does what the examples show.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { REGISTRATION_ORDER } from '@guestwire/protocol/contract';
import { type Command, compileSchema, type Example, examplesOf } from '@guestwire/qapi';
import { commandOf, hold } from '../support/example-conversation.js';

const contract = fileURLToPath(new URL('../../../../protocol/schema/guest-agent.json', import.meta.url));

/** What is done to a guest by the examples of a command, one after the other; those of the others do nothing. */
const deeds: Readonly<Record<string, readonly string[]>> = {
  'guest-shutdown': ['shutdown -h -r +0 hypervisor initiated shutdown'],
  'guest-suspend-disk': ['systemctl hibernate'],
  'guest-suspend-ram': ['systemctl suspend'],
  'guest-suspend-hybrid': ['systemctl hybrid-sleep'],
  'guest-fsfreeze-freeze': ['freeze /srv', 'freeze /'],
  'guest-fsfreeze-freeze-list': ['freeze /srv'],
  'guest-fsfreeze-thaw': ['freeze /srv', 'freeze /', 'thaw /', 'thaw /srv'],
  'guest-fstrim': ['trim / from 1048576', 'trim /srv from 1048576'],
  'guest-set-time': ['clock 1763800000 s 123456 µs', 'hwclock -w', 'hwclock -s'],
  'guest-set-user-password': ['chpasswd alice:correct horse'],
};

/** The commands of a schema. */
function commandsIn(path: string, readFile?: (path: string) => Uint8Array): readonly Command[] {
  const { schema, diagnostics } = compileSchema(path, readFile && { readFile });
  assert.ok(schema, diagnostics.map(({ message }) => message).join('\n'));
  return schema.entities.filter((entity) => entity.kind === 'command');
}

function hasExample(command: Command): boolean {
  return examplesOf(command).some(({ messages }) =>
    messages.some(({ sender, text }) => sender === 'client' && commandOf(text) === command.name),
  );
}

function withoutExample(commands: readonly Command[]): string[] {
  return commands.filter((command) => !hasExample(command)).map(({ name }) => name);
}

const commands = commandsIn(contract);

describe('the contract', () => {
  test('has the commands that the agent registers', () => {
    assert.equal(REGISTRATION_ORDER.length, 43);
    assert.deepEqual(commands.map(({ name }) => name).sort(), [...REGISTRATION_ORDER].sort());
  });

  test('has an example for each command', () => {
    assert.deepEqual(withoutExample(commands), []);
  });

  test('detects a command without an example', () => {
    const documented = (name: string, ...lines: string[]): string =>
      ['##', `# @${name}:`, '#', ...lines, '##', `{ 'command': '${name}' }`, ''].join('\n');
    const text = [
      documented('shown', '# .. qmp-example::', '#', '#    -> {"execute": "shown"}'),
      documented('told', '# Only words.'),
      documented('mistaken', '# .. qmp-example::', '#', '#    -> {"execute": "shown"}'),
    ].join('\n');
    assert.deepEqual(withoutExample(commandsIn('x.json', () => Buffer.from(text))), ['told', 'mistaken']);
  });
});

describe('the agent replies as in the example of', () => {
  for (const command of commands) {
    const examples = examplesOf(command);
    const names = examples.map(({ title }) => title || 'the first');
    test(`${command.name} (${names.join('; ')})`, async () => {
      const done: string[] = [];
      for (const example of examples) done.push(...(await hold(example)));
      assert.deepEqual(done, deeds[command.name] ?? []);
    });
  }
});

describe('the check of examples rejects an example that', () => {
  const exampleOf = (name: string): Example => {
    const command = commands.find((known) => known.name === name);
    const [example] = command === undefined ? [] : examplesOf(command);
    assert.ok(example);
    return example;
  };
  /** The example with something else in what it shows of the agent. */
  const altered = (name: string, from: string, to: string): Example => {
    const { title, messages } = exampleOf(name);
    const shown = messages.map(({ sender, text }) => ({
      sender,
      text: sender === 'server' ? text.replace(from, to) : text,
    }));
    assert.notDeepEqual(shown, messages);
    return { title, messages: shown };
  };
  const without = (name: string): Example => {
    const { title, messages } = exampleOf(name);
    return { title, messages: messages.filter(({ sender }) => sender === 'client') };
  };

  for (const [what, example] of [
    ['has another value', altered('guest-get-load', '0.25', '0.5')],
    ['has another member', altered('guest-get-users', '"user"', '"name"')],
    ['lacks a member', altered('guest-exec-status', '"exitcode": 0, ', '')],
    [
      'has members in another order',
      altered('guest-file-write', '"count": 13, "eof": false', '"eof": false, "count": 13'),
    ],
    ['has a text for the number of a process', altered('guest-exec', '4242', '"4242"')],
    ['has a number for a host’s name', altered('guest-get-host-name', '"web1"', '1')],
    ['has another processor', altered('guest-get-vcpus', '"logical-id": 0', '"logical-id": 2')],
    ['leaves a list’s end out that is not there', altered('guest-info', '...', '{}')],
    ['lacks the byte 0xFF', altered('guest-sync-delimited', '\\xff', '')],
    ['lacks a reply', without('guest-ping')],
  ] as const) {
    test(what, () => assert.rejects(hold(example), assert.AssertionError));
  }

  test('shows a reply that never comes', async () => {
    const { title, messages } = exampleOf('guest-shutdown');
    const reply = { sender: 'server', text: '{"return": {}}' } as const;
    // What comes next is the reply to something else, and it is no success.
    const next = { sender: 'client', text: '{"execute": "guest-get-time"}' } as const;
    await assert.rejects(hold({ title, messages: [...messages, next, reply] }), assert.AssertionError);
  });
});
