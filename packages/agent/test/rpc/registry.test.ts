import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CommandError } from '@guestwire/protocol';
import { ALLOWED_WHILE_FROZEN } from '@guestwire/protocol/contract';
import { builtin } from '@guestwire/schema';
import { AgentError } from '../../src/agent-error.js';
import { parsePolicy } from '../../src/policy/parse-policy.js';
import { presetPolicy } from '../../src/policy/rule-set.js';
import { commandFilter } from '../../src/rpc/command-filter.js';
import { commandModule } from '../../src/rpc/command-module.js';
import { Registry } from '../../src/rpc/registry.js';
import { greetingCommands, greetingModule } from '../support/modules.js';

function command<const Name extends string>(name: Name) {
  return { kind: 'command', name, successResponse: true } as const;
}

function named(...names: string[]) {
  return {
    schema: Object.fromEntries(names.map((name) => [name, command(name)])),
    handlers: Object.fromEntries(names.map((name) => [name, () => {}])),
  };
}

describe('Registry', () => {
  it('finds registered commands', () => {
    const registry = new Registry();
    registry.register(greetingModule());
    assert.equal(registry.find('example-greet')?.descriptor, greetingCommands['example-greet']);
    assert.equal(registry.find('example-other'), undefined);
  });

  it('rejects a name that is taken, and registers nothing of the module', () => {
    const registry = new Registry();
    registry.register(named('a', 'b'));
    assert.throws(
      () => registry.register(named('c', 'b')),
      (error) =>
        error instanceof AgentError &&
        error.code === 'module' &&
        error.message === "The command 'b' is registered already",
    );
    assert.equal(registry.find('c'), undefined);
  });

  it('rejects a table with a wrong name', () => {
    const module = { schema: { a: command('b') }, handlers: { a: () => {} } };
    assert.throws(() => new Registry().register(module), /has the command 'b' under the name 'a'/);
  });

  it('lists the commands of qemu-ga in its order, and others after them', () => {
    const registry = new Registry();
    registry.register(named('z', 'guest-file-open', 'guest-shutdown', 'a'));
    registry.register(named('guest-sync', 'guest-info'));
    assert.deepEqual(
      registry.commands.map(({ name }) => name),
      ['guest-sync', 'guest-info', 'guest-shutdown', 'guest-file-open', 'z', 'a'],
    );
  });
});

describe('commandModule', () => {
  const schema = { 'example-a': { ...command('example-a'), returns: builtin.str } } as const;

  it('does not compile without a handler for each command', () => {
    // @ts-expect-error: example-a has no handler
    commandModule({ schema, handlers: {} });
  });

  it('does not compile with a handler without a command', () => {
    // @ts-expect-error: there is no command example-b
    commandModule({ schema, handlers: { 'example-a': () => 'a', 'example-b': () => 'b' } });
  });

  it('does not compile with a handler that takes or returns another type', () => {
    commandModule({
      schema: greetingCommands,
      handlers: {
        // @ts-expect-error: it must return a string
        'example-greet': () => 5,
        // @ts-expect-error: it has no arguments
        'example-count': (args: { name: string }) => args.name.length,
      },
    });
  });
});

describe('commandFilter', () => {
  const thawed = () => false;

  it('enables everything by default', () => {
    assert.equal(commandFilter({}, thawed)('guest-ping'), true);
    assert.equal(commandFilter({ allow: [], block: [] }, thawed)('guest-ping'), true);
  });

  it('enables allowed commands that are not blocked', () => {
    const isEnabled = commandFilter({ allow: ['a', 'b'], block: ['b', 'c'] }, thawed);
    assert.deepEqual(['a', 'b', 'c', 'd'].map(isEnabled), [true, false, false, false]);
  });

  it('compares names exactly', () => {
    const isEnabled = commandFilter({ block: [' a', 'A'] }, thawed);
    assert.equal(isEnabled('a'), true);
  });

  it('enables the frozen set while frozen whatever the lists, and the lists again afterwards', () => {
    let frozen = true;
    const isEnabled = commandFilter({ allow: ['guest-file-open'], block: ['guest-ping'] }, () => frozen);
    assert.deepEqual(
      ['guest-ping', 'guest-fsfreeze-thaw', 'guest-file-open', 'guest-fsfreeze-freeze'].map(isEnabled),
      [true, true, false, false],
    );
    frozen = false;
    assert.deepEqual(['guest-ping', 'guest-file-open'].map(isEnabled), [false, true]);
  });

  it('enables what both the lists and the policy allow, and names what refuses it', () => {
    const policy = { current: presetPolicy(['audit']) };
    const isEnabled = commandFilter({ block: ['guest-ping'] }, thawed, policy);
    assert.deepEqual(['guest-ping', 'guest-exec', 'guest-info'].map(isEnabled), [false, false, true]);
    assert.deepEqual(isEnabled.refusal('guest-ping'), CommandError.commandDisabled('guest-ping'));
    const { class: errorClass, desc } = isEnabled.refusal('guest-exec');
    assert.deepEqual(
      [errorClass, desc],
      [
        'GenericError',
        'The command guest-exec is refused by the policy: no rule of preset audit allows guest-exec',
      ],
    );
  });

  it('enables what a thaw needs while frozen, whatever the policy, and no other command that it refuses', () => {
    let frozen = true;
    const { policy } = parsePolicy('[commands]\nallow=guest-fsfreeze-freeze', '/p');
    const isEnabled = commandFilter({}, () => frozen, { current: policy });
    const names = [...ALLOWED_WHILE_FROZEN, 'guest-fsfreeze-freeze'];
    assert.deepEqual(
      names.filter((name) => !isEnabled(name)),
      ['guest-info', 'guest-fsfreeze-freeze'],
    );
    frozen = false;
    assert.deepEqual(names.filter(isEnabled), ['guest-fsfreeze-freeze']);
  });
});
