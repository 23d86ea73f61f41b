// Reads a request from its bytes.
import assert from 'node:assert/strict';
import { parseRequest } from '@guestwire/protocol';
import { REGISTRATION_ORDER } from '@guestwire/protocol/contract';
import { MessageReader } from '@guestwire/protocol/wire';

assert.ok(REGISTRATION_ORDER.includes('guest-ping'));
const reader = new MessageReader();
reader.push(new TextEncoder().encode('{"execute":"guest-ping"}\n'));
const message = reader.next();
assert.ok(message?.kind === 'value');
const request = parseRequest(message.value);
assert.ok(request.ok);
assert.equal(request.name, 'guest-ping');
