import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from '@guestwire/protocol';
import { type CommandDescriptor, WireObject } from '@guestwire/schema';
import { FreezeUnavailableError } from '../../src/freeze/errors.js';
import { silentLogger } from '../../src/log/logger.js';
import { commandFilter } from '../../src/rpc/command-filter.js';
import { commandModule } from '../../src/rpc/command-module.js';
import type { Verdict } from '../../src/rpc/command-observer.js';
import { Dispatcher } from '../../src/rpc/dispatcher.js';
import { Registry } from '../../src/rpc/registry.js';

/** A dispatcher of the command `test-work`, and the verdicts that its observer gets. */
function observed(work: () => undefined | Promise<undefined>) {
  const verdicts: Verdict[] = [];
  const registry = new Registry();
  const descriptor: CommandDescriptor = { kind: 'command', name: 'test-work', successResponse: true };
  registry.register(
    commandModule({
      schema: { 'test-work': descriptor },
      traits: { 'test-work': { mayBlock: true } },
      handlers: { 'test-work': work },
    }),
  );
  const dispatcher = new Dispatcher({
    registry,
    isEnabled: commandFilter({}, () => false),
    log: silentLogger,
    blockingLimit: 1,
    observer: { started: () => ({ finished: (verdict) => verdicts.push(verdict) }) },
  });
  const value = WireObject.of([['execute', 'test-work']]);
  const answer = (): void => {
    void dispatcher.answer({ kind: 'value', value });
  };
  return { verdicts, answer };
}

test('a command that is not carried out since too many block has the verdict refused', () => {
  const { verdicts, answer } = observed(() => new Promise(() => {}));
  answer();
  answer();
  assert.deepEqual(verdicts, ['refused']);
});

test('a freeze beside another one has the verdict refused', () => {
  const { verdicts, answer } = observed(() => {
    throw new CommandError('disabled', { cause: new FreezeUnavailableError() });
  });
  answer();
  assert.deepEqual(verdicts, ['refused']);
});
