import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALLOWED_WHILE_FROZEN, commands, REGISTRATION_ORDER } from '../src/contract.js';

const order: readonly string[] = REGISTRATION_ORDER;

test('every command of the contract has its place in the order of registration', () => {
  for (const name of Object.keys(commands)) assert(order.includes(name), name);
});

test('no command is registered twice', () => {
  assert.equal(new Set(order).size, 43);
});

test('six commands are allowed while frozen, all of them in the contract', () => {
  assert.equal(ALLOWED_WHILE_FROZEN.size, 6);
  for (const name of ALLOWED_WHILE_FROZEN) assert(Object.hasOwn(commands, name), name);
});
