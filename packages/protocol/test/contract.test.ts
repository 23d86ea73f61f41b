import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALLOWED_WHILE_FROZEN, commands, REGISTRATION_ORDER } from '../src/contract.js';

const order: readonly string[] = REGISTRATION_ORDER;

test('REGISTRATION_ORDER contains every command of the contract', () => {
  for (const name of Object.keys(commands)) assert(order.includes(name), name);
});

test('REGISTRATION_ORDER contains no command twice', () => {
  assert.equal(new Set(order).size, 43);
});

test('ALLOWED_WHILE_FROZEN contains six commands of the contract', () => {
  assert.equal(ALLOWED_WHILE_FROZEN.size, 6);
  for (const name of ALLOWED_WHILE_FROZEN) assert(Object.hasOwn(commands, name), name);
});
