// Reads a request from its bytes.
import assert from 'node:assert/strict';
import { MessageReader, parseRequest } from '@guestwire/protocol';

const reader = new MessageReader();
reader.push(new TextEncoder().encode('{"execute":"guest-ping"}\n'));
const message = reader.next();
assert.ok(message?.kind === 'value');
const request = parseRequest(message.value);
assert.ok(request.ok);
assert.equal(request.name, 'guest-ping');
