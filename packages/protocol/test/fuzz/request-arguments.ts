import assert from 'node:assert/strict';
import type { FuzzTarget } from '@guestwire/fuzz';
import { outcomeOf } from '@guestwire/fuzz';
import { Base64Data, CommandError, type CommandTable, checkArguments, WireObject } from '@guestwire/schema';
import { commands } from '../../src/contract.js';
import { encodeReply, encodeRequest, failure, parseRequest, type Request } from '../../src/index.js';
import { readAll } from '../support/conversation.js';
import { JSON_DICTIONARY } from '../support/wire-words.js';

const table: CommandTable = commands;

const SEEDS = [
  '{"execute":"guest-sync-delimited","arguments":{"id":-1},"id":{"a":[1]}}',
  '{"execute":"guest-set-time","arguments":{"time":1}}',
  '{"execute":"guest-file-open","arguments":{"path":"/a","mode":"r+"}}',
  '{"execute":"guest-file-write","arguments":{"handle":1000,"buf-b64":"aGk=","count":2}}',
  '{"execute":"guest-file-seek","arguments":{"handle":1000,"offset":-1,"whence":"cur"}}',
  '{"execute":"guest-file-seek","arguments":{"handle":1000,"offset":0,"whence":2}}',
  '{"execute":"guest-exec","arguments":{"path":"x","arg":["a","b"],"env":["A=1"],"input-data":"aGk=","capture-output":true}}',
  '{"execute":"guest-exec","arguments":{"path":"x","capture-output":"separated"}}',
  '{"execute":"guest-fsfreeze-freeze-list","arguments":{"mountpoints":["/","/boot"]}}',
  '{"execute":"guest-fstrim","arguments":{"minimum":0}}',
  '{"execute":"guest-set-vcpus","arguments":{"vcpus":[{"logical-id":1,"online":false}]}}',
  '{"execute":"guest-set-memory-blocks","arguments":{"mem-blks":[{"phys-index":1,"online":true}]}}',
  '{"execute":"guest-set-user-password","arguments":{"username":"u","password":"aGk=","crypted":false}}',
  '{"execute":"guest-ssh-add-authorized-keys","arguments":{"username":"u","keys":["ssh-ed25519 A"],"reset":true}}',
  '{"execute":"guest-shutdown","arguments":{"mode":"halt"}}',
];

/** The names of all arguments and of members inside them. */
const NAMES = [...new Set(JSON.stringify(SEEDS).match(/[a-z][a-z0-9-]*/g))].map((name) => `"${name}"`);

export const target: FuzzTarget = {
  name: 'request-arguments',
  invariants:
    'only CommandError, whose reply is one line of ASCII; accepted arguments are accepted again, as the same values, when sent by the client',
  covers: ['schema/dist/src/check', 'protocol/dist/src/envelope', 'protocol/dist/src/wire/'],
  seeds: SEEDS,
  dictionary: [...JSON_DICTIONARY, ...NAMES],
  structure: ['tokens'],
  run(input) {
    const outcomes = readAll([input]).map((message) => {
      if (message.kind === 'error') return 'not JSON';
      const request = parseRequest(message.value);
      return request.ok ? checked(request) : replied(request.error);
    });
    return outcomes[0];
  },
};

function checked({ name, args }: Request & { readonly ok: true }): string {
  const command = table[name];
  if (command === undefined) return replied(CommandError.commandNotFound(name));
  let accepted: unknown;
  try {
    accepted = checkArguments(command, args);
  } catch (error) {
    assert.ok(error instanceof CommandError, `not a CommandError: ${error}`);
    return replied(error);
  }
  assert.ok(typeof accepted === 'object' && accepted !== null);
  const request = Buffer.concat([...encodeRequest(name, accepted)]);
  const [again] = readAll([request]);
  assert.ok(again?.kind === 'value' && again.value instanceof WireObject);
  const parsed = parseRequest(again.value);
  assert.ok(parsed.ok);
  assert.deepEqual(comparable(checkArguments(command, parsed.args)), comparable(accepted));
  return `accepted ${name}`;
}

/** Base64 that is long is held in pieces; its text is the same. */
function comparable(args: unknown): unknown {
  assert.ok(typeof args === 'object' && args !== null);
  return Object.entries(args).map(([name, value]) => [
    name,
    value instanceof Base64Data ? value.toText() : value,
  ]);
}

function replied(error: CommandError): string {
  const bytes = Buffer.concat([...encodeReply(failure(error))]).toString('latin1');
  assert.match(bytes, /^\{"error": \{"class": "(GenericError|CommandNotFound)", "desc": "[ -~]+"\}\}\n$/);
  return outcomeOf(error.desc.replace(/'.*'|(?<=command ).*(?= has)/is, ''));
}
