// Checks arguments against the descriptor that qapi generated.
import assert from 'node:assert/strict';
import { CommandError, checkArguments, WireObject } from '@guestwire/schema';
import { kitchenCommands } from './generated/kitchen.js';

const boil = kitchenCommands['kitchen-boil'];
assert.deepEqual(checkArguments(boil, WireObject.of([['minutes', 5]])), { minutes: 5 });
assert.throws(() => checkArguments(boil, WireObject.of([['minutes', 'five']])), CommandError);
