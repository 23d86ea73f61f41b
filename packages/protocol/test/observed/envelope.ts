import type { Conversation } from '../support/conversation.js';

/** JSON values that are not valid requests (qemu-ga §1.5), and replies (qemu-ga §2, §3.2). */
export const envelope: readonly Conversation[] = [
  {
    says: 'a string',
    send: '"guest-ping"',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}'],
  },
  {
    says: 'a list',
    send: '[{"execute":"guest-ping"}]',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}'],
  },
  {
    says: 'null',
    send: 'null ',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}'],
  },
  {
    says: 'an empty object',
    send: '{}',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input lacks member \'execute\'"}}'],
  },
  {
    says: 'only an id',
    send: '{"id":5}',
    answers: ['{"id": 5, "error": {"class": "GenericError", "desc": "QMP input lacks member \'execute\'"}}'],
  },
  {
    says: 'execute is no string',
    send: '{"execute":1,"id":"x"}',
    answers: [
      '{"id": "x", "error": {"class": "GenericError", "desc": "QMP input member \'execute\' must be a string"}}',
    ],
  },
  {
    says: 'execute is null',
    send: '{"execute":null}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input member \'execute\' must be a string"}}',
    ],
  },
  {
    says: 'arguments are a list',
    send: '{"execute":"guest-ping","arguments":[],"id":7}',
    answers: [
      '{"id": 7, "error": {"class": "GenericError", "desc": "QMP input member \'arguments\' must be an object"}}',
    ],
  },
  {
    says: 'arguments are null',
    send: '{"execute":"guest-ping","arguments":null}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input member \'arguments\' must be an object"}}',
    ],
  },
  {
    says: 'arguments before execute',
    send: '{"arguments":{},"execute":"guest-ping"}',
    answers: ['{"return": {}}'],
  },
  {
    says: 'both are wrong: execute is looked at first',
    send: '{"arguments":1,"execute":1}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input member \'execute\' must be a string"}}',
    ],
  },
  {
    says: 'exec-oob is unexpected, and looked at first',
    send: '{"exec-oob":"guest-ping","execute":1}',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input member \'exec-oob\' is unexpected"}}'],
  },
  {
    says: 'exec-oob alone',
    send: '{"exec-oob":"guest-ping"}',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input member \'exec-oob\' is unexpected"}}'],
  },
  {
    says: 'control is unexpected',
    send: '{"execute":"guest-ping","control":{}}',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input member \'control\' is unexpected"}}'],
  },
  {
    says: 'an unexpected member comes in hash order after execute',
    send: '{"execute":1,"a":1}',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input member \'a\' is unexpected"}}'],
  },
  {
    says: 'an unexpected member comes in hash order before arguments',
    send: '{"execute":"guest-ping","arguments":1,"foo":1}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input member \'arguments\' must be an object"}}',
    ],
  },
  {
    says: 'two unexpected members: the first in hash order',
    send: '{"x":1,"class":2,"desc":3,"execute":"guest-ping"}',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input member \'x\' is unexpected"}}'],
  },
  {
    says: 'an unexpected member whose name is not ASCII',
    send: '{"execute":"guest-ping","\xc3\xa9\xe2\x82\xac":1}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input member \'\\u00E9\\u20AC\' is unexpected"}}',
    ],
  },
  {
    says: 'a member whose name is empty',
    send: '{"execute":"guest-ping","":1}',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input member \'\' is unexpected"}}'],
  },
  {
    says: 'an unknown command',
    send: '{"execute":"guest-nope","id":1}',
    answers: [
      '{"id": 1, "error": {"class": "CommandNotFound", "desc": "The command guest-nope has not been found"}}',
    ],
  },
  {
    says: 'an unknown command is noticed before its arguments',
    send: '{"execute":"guest-nope","arguments":{"a":1}}',
    answers: ['{"error": {"class": "CommandNotFound", "desc": "The command guest-nope has not been found"}}'],
  },
  {
    says: 'an empty command',
    send: '{"execute":""}',
    answers: ['{"error": {"class": "CommandNotFound", "desc": "The command  has not been found"}}'],
  },
  {
    says: 'a command with U+0000',
    send: '{"execute":"guest-ping\\u0000"}',
    answers: [
      '{"error": {"class": "CommandNotFound", "desc": "The command guest-ping\\u0000 has not been found"}}',
    ],
  },
  {
    says: 'the id is null',
    send: '{"execute":"guest-ping","id":null}',
    answers: ['{"return": {}, "id": null}'],
  },
  {
    says: 'the id is an object, echoed in hash order',
    send: '{"execute":"guest-ping","id":{"error":1,"class":2,"id":3,"desc":4,"return":5,"execute":6,"arguments":7}}',
    answers: [
      '{"return": {}, "id": {"class": 2, "execute": 6, "desc": 4, "return": 5, "arguments": 7, "id": 3, "error": 1}}',
    ],
  },
  {
    says: 'names in one bucket come in reverse',
    send: '{"execute":"guest-ping","id":{"a":1,"b":2,"q":3,"aaaaaaaa":4,"k1":5,"k2":6,"k3":7}}',
    answers: ['{"return": {}, "id": {"k1": 5, "a": 1, "aaaaaaaa": 4, "b": 2, "k3": 7, "q": 3, "k2": 6}}'],
  },
  {
    says: 'the id is nested',
    send: '{"execute":"guest-ping","id":[[],{},[{}],{"a":[1,{"b":null}]}]}',
    answers: ['{"return": {}, "id": [[], {}, [{}], {"a": [1, {"b": null}]}]}'],
  },
  {
    says: 'the id of a failed request',
    send: '{"execute":"guest-sync","id":[1,2]}',
    answers: ['{"id": [1, 2], "error": {"class": "GenericError", "desc": "Parameter \'id\' is missing"}}'],
  },
  {
    says: 'a successful delimited sync',
    send: '{"execute":"guest-sync-delimited","arguments":{"id":-5},"id":"x"}',
    answers: ['\xff{"return": -5, "id": "x"}'],
  },
  {
    says: 'a failed delimited sync has no sentinel',
    send: '{"execute":"guest-sync-delimited","arguments":{"id":"x"}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'sync',
    send: '{"execute":"guest-sync","arguments":{"id":9223372036854775807}}',
    answers: ['{"return": 9223372036854775807}'],
  },
];
