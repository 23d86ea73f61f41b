import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedWhileFrozen, commands, registrationOrder } from '../src/index.js';

const order: readonly string[] = registrationOrder;

test('every command of the contract has its place in the order of registration', () => {
  for (const name of Object.keys(commands)) assert(order.includes(name), name);
});

test('no command is registered twice', () => {
  assert.equal(new Set(order).size, 43);
});

test('six commands are allowed while frozen, all of them in the contract', () => {
  assert.equal(allowedWhileFrozen.size, 6);
  for (const name of allowedWhileFrozen) assert(Object.hasOwn(commands, name), name);
});
