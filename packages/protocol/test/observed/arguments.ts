import type { Conversation } from '../support/conversation.js';

/** Arguments that are not as the contract says (qemu-ga §1.6). */
export const badArguments: readonly Conversation[] = [
  {
    says: 'a fraction is no integer',
    send: '{"execute":"guest-sync","arguments":{"id":1.0}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'an exponent makes no integer',
    send: '{"execute":"guest-sync","arguments":{"id":1e3}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'beyond int64',
    send: '{"execute":"guest-sync","arguments":{"id":9223372036854775808}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'the greatest uint64',
    send: '{"execute":"guest-sync","arguments":{"id":18446744073709551615}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'the least int64',
    send: '{"execute":"guest-sync","arguments":{"id":-9223372036854775808}}',
    answers: ['{"return": -9223372036854775808}'],
  },
  {
    says: 'below int64',
    send: '{"execute":"guest-sync","arguments":{"id":-9223372036854775809}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'minus zero',
    send: '{"execute":"guest-sync","arguments":{"id":-0}}',
    answers: ['{"return": 0}'],
  },
  {
    says: 'a string is no integer',
    send: '{"execute":"guest-sync","arguments":{"id":"1"}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'null is no integer',
    send: '{"execute":"guest-sync","arguments":{"id":null}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'true is no integer',
    send: '{"execute":"guest-sync","arguments":{"id":true}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'a list is no integer',
    send: '{"execute":"guest-sync","arguments":{"id":[1]}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'missing',
    send: '{"execute":"guest-sync","arguments":{}}',
    answers: ['{"error": {"class": "GenericError", "desc": "Parameter \'id\' is missing"}}'],
  },
  {
    says: 'no arguments at all',
    send: '{"execute":"guest-sync"}',
    answers: ['{"error": {"class": "GenericError", "desc": "Parameter \'id\' is missing"}}'],
  },
  {
    says: 'surplus',
    send: '{"execute":"guest-sync","arguments":{"id":1,"b":2}}',
    answers: ['{"error": {"class": "GenericError", "desc": "Parameter \'b\' is unexpected"}}'],
  },
  {
    says: 'an argument for a command without arguments',
    send: '{"execute":"guest-ping","arguments":{"foo":42}}',
    answers: ['{"error": {"class": "GenericError", "desc": "Parameter \'foo\' is unexpected"}}'],
  },
  {
    says: 'a wrong one is named before a surplus one',
    send: '{"execute":"guest-sync","arguments":{"a":1,"id":"x"}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'id\', expected: integer"}}',
    ],
  },
  {
    says: 'a missing one is named before a surplus one',
    send: '{"execute":"guest-sync","arguments":{"ident":1}}',
    answers: ['{"error": {"class": "GenericError", "desc": "Parameter \'id\' is missing"}}'],
  },
  {
    says: 'many surplus ones beside known ones',
    send: '{"execute":"guest-file-read","arguments":{"handle":1,"count":1,"name-0":0,"name-1":0,"name-2":0,"name-3":0,"name-4":0,"name-5":0}}',
    answers: ['{"error": {"class": "GenericError", "desc": "Parameter \'name-0\' is unexpected"}}'],
  },
  {
    says: 'two wrong ones: the first of the schema',
    send: '{"execute":"guest-file-seek","arguments":{"whence":1,"offset":"x","handle":"y"}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'handle\', expected: integer"}}',
    ],
  },
  {
    says: 'null for an optional one is present, and wrong',
    send: '{"execute":"guest-file-read","arguments":{"handle":1,"count":null}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'count\', expected: integer"}}',
    ],
  },
  {
    says: 'an alternate of the wrong type',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":true}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'whence\', expected: GuestFileWhence"}}',
    ],
  },
  {
    says: 'an alternate that is null',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":null}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'whence\', expected: GuestFileWhence"}}',
    ],
  },
  {
    says: 'an alternate that is a list',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":[]}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'whence\', expected: GuestFileWhence"}}',
    ],
  },
  {
    says: 'an alternate that is an object',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":{}}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'whence\', expected: GuestFileWhence"}}',
    ],
  },
  {
    says: 'an alternate that is a fraction',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":1.5}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'whence\', expected: integer"}}',
    ],
  },
  {
    says: 'an alternate that is too big',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":18446744073709551615}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'whence\', expected: integer"}}',
    ],
  },
  {
    says: 'an unknown value of an enum',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":"foo"}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Parameter \'whence\' does not accept value \'foo\'"}}',
    ],
  },
  {
    says: 'an unknown value of an enum with U+0000',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":"set\\u0000"}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Parameter \'whence\' does not accept value \'set\\u0000\'"}}',
    ],
  },
  {
    says: 'an alternate that is missing',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0}}',
    answers: ['{"error": {"class": "GenericError", "desc": "Parameter \'whence\' is missing"}}'],
  },
  {
    says: 'an alternate that fits as a name',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":"end"}}',
    answers: ['{"error": {"class": "GenericError", "desc": "handle \'1\' has not been found"}}'],
  },
  {
    says: 'an alternate that fits as a number',
    send: '{"execute":"guest-file-seek","arguments":{"handle":1,"offset":0,"whence":7}}',
    answers: ['{"error": {"class": "GenericError", "desc": "handle \'1\' has not been found"}}'],
  },
  {
    says: 'a number where text is wanted',
    send: '{"execute":"guest-file-write","arguments":{"handle":1,"buf-b64":5}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "Invalid parameter type for \'buf-b64\', expected: string"}}',
    ],
  },
  {
    says: 'text that is not base64 comes after the handle',
    send: '{"execute":"guest-file-write","arguments":{"handle":1,"buf-b64":"!"}}',
    answers: ['{"error": {"class": "GenericError", "desc": "handle \'1\' has not been found"}}'],
  },
  {
    says: 'the greatest handle',
    send: '{"execute":"guest-file-close","arguments":{"handle":9223372036854775807}}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "handle \'9223372036854775807\' has not been found"}}',
    ],
  },
  {
    says: 'the name of a surplus argument is not ASCII',
    send: '{"execute":"guest-ping","arguments":{"\xc3\xa9":1}}',
    answers: ['{"error": {"class": "GenericError", "desc": "Parameter \'\\u00E9\' is unexpected"}}'],
  },
];
