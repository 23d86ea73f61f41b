import type { Conversation } from '../support/conversation.js';

/** Numbers, echoed as the id (qemu-ga §1.2, §3.1). */
export const numbers: readonly Conversation[] = [
  {
    says: '0',
    send: '{"execute":"guest-ping","id":0}',
    answers: ['{"return": {}, "id": 0}'],
  },
  {
    says: '-0',
    send: '{"execute":"guest-ping","id":-0}',
    answers: ['{"return": {}, "id": 0}'],
  },
  {
    says: '-1',
    send: '{"execute":"guest-ping","id":-1}',
    answers: ['{"return": {}, "id": -1}'],
  },
  {
    says: '42',
    send: '{"execute":"guest-ping","id":42}',
    answers: ['{"return": {}, "id": 42}'],
  },
  {
    says: '9007199254740991',
    send: '{"execute":"guest-ping","id":9007199254740991}',
    answers: ['{"return": {}, "id": 9007199254740991}'],
  },
  {
    says: '9007199254740992',
    send: '{"execute":"guest-ping","id":9007199254740992}',
    answers: ['{"return": {}, "id": 9007199254740992}'],
  },
  {
    says: '9007199254740993',
    send: '{"execute":"guest-ping","id":9007199254740993}',
    answers: ['{"return": {}, "id": 9007199254740993}'],
  },
  {
    says: '-9007199254740993',
    send: '{"execute":"guest-ping","id":-9007199254740993}',
    answers: ['{"return": {}, "id": -9007199254740993}'],
  },
  {
    says: '9223372036854775807',
    send: '{"execute":"guest-ping","id":9223372036854775807}',
    answers: ['{"return": {}, "id": 9223372036854775807}'],
  },
  {
    says: '9223372036854775808',
    send: '{"execute":"guest-ping","id":9223372036854775808}',
    answers: ['{"return": {}, "id": 9223372036854775808}'],
  },
  {
    says: '18446744073709551615',
    send: '{"execute":"guest-ping","id":18446744073709551615}',
    answers: ['{"return": {}, "id": 18446744073709551615}'],
  },
  {
    says: '18446744073709551616',
    send: '{"execute":"guest-ping","id":18446744073709551616}',
    answers: ['{"return": {}, "id": 1.8446744073709552e+19}'],
  },
  {
    says: '-9223372036854775808',
    send: '{"execute":"guest-ping","id":-9223372036854775808}',
    answers: ['{"return": {}, "id": -9223372036854775808}'],
  },
  {
    says: '-9223372036854775809',
    send: '{"execute":"guest-ping","id":-9223372036854775809}',
    answers: ['{"return": {}, "id": -9.2233720368547758e+18}'],
  },
  {
    says: '123456789012345678901234567890',
    send: '{"execute":"guest-ping","id":123456789012345678901234567890}',
    answers: ['{"return": {}, "id": 1.2345678901234568e+29}'],
  },
  {
    says: '1.0',
    send: '{"execute":"guest-ping","id":1.0}',
    answers: ['{"return": {}, "id": 1}'],
  },
  {
    says: '1e3',
    send: '{"execute":"guest-ping","id":1e3}',
    answers: ['{"return": {}, "id": 1000}'],
  },
  {
    says: '1E+3',
    send: '{"execute":"guest-ping","id":1E+3}',
    answers: ['{"return": {}, "id": 1000}'],
  },
  {
    says: '1e-7',
    send: '{"execute":"guest-ping","id":1e-7}',
    answers: ['{"return": {}, "id": 9.9999999999999995e-08}'],
  },
  {
    says: '0.1',
    send: '{"execute":"guest-ping","id":0.1}',
    answers: ['{"return": {}, "id": 0.10000000000000001}'],
  },
  {
    says: '-0.0',
    send: '{"execute":"guest-ping","id":-0.0}',
    answers: ['{"return": {}, "id": -0}'],
  },
  {
    says: '0.0',
    send: '{"execute":"guest-ping","id":0.0}',
    answers: ['{"return": {}, "id": 0}'],
  },
  {
    says: '0.5',
    send: '{"execute":"guest-ping","id":0.5}',
    answers: ['{"return": {}, "id": 0.5}'],
  },
  {
    says: '1e16',
    send: '{"execute":"guest-ping","id":1e16}',
    answers: ['{"return": {}, "id": 10000000000000000}'],
  },
  {
    says: '1e17',
    send: '{"execute":"guest-ping","id":1e17}',
    answers: ['{"return": {}, "id": 1e+17}'],
  },
  {
    says: '1e20',
    send: '{"execute":"guest-ping","id":1e20}',
    answers: ['{"return": {}, "id": 1e+20}'],
  },
  {
    says: '1e400',
    send: '{"execute":"guest-ping","id":1e400}',
    answers: ['{"return": {}, "id": inf}'],
  },
  {
    says: '-1e400',
    send: '{"execute":"guest-ping","id":-1e400}',
    answers: ['{"return": {}, "id": -inf}'],
  },
  {
    says: '5e-324',
    send: '{"execute":"guest-ping","id":5e-324}',
    answers: ['{"return": {}, "id": 4.9406564584124654e-324}'],
  },
  {
    says: '1e-400',
    send: '{"execute":"guest-ping","id":1e-400}',
    answers: ['{"return": {}, "id": 0}'],
  },
  {
    says: '2.2250738585072014e-308',
    send: '{"execute":"guest-ping","id":2.2250738585072014e-308}',
    answers: ['{"return": {}, "id": 2.2250738585072014e-308}'],
  },
  {
    says: '1.7976931348623157e308',
    send: '{"execute":"guest-ping","id":1.7976931348623157e308}',
    answers: ['{"return": {}, "id": 1.7976931348623157e+308}'],
  },
  {
    says: '1000000000000000.25',
    send: '{"execute":"guest-ping","id":1000000000000000.25}',
    answers: ['{"return": {}, "id": 1000000000000000.2}'],
  },
  {
    says: '1000000000000000.75',
    send: '{"execute":"guest-ping","id":1000000000000000.75}',
    answers: ['{"return": {}, "id": 1000000000000000.8}'],
  },
  {
    says: '0.0001',
    send: '{"execute":"guest-ping","id":0.0001}',
    answers: ['{"return": {}, "id": 0.0001}'],
  },
  {
    says: '0.00001',
    send: '{"execute":"guest-ping","id":0.00001}',
    answers: ['{"return": {}, "id": 1.0000000000000001e-05}'],
  },
  {
    says: '123456.789',
    send: '{"execute":"guest-ping","id":123456.789}',
    answers: ['{"return": {}, "id": 123456.789}'],
  },
  {
    says: '1e5',
    send: '{"execute":"guest-ping","id":1e5}',
    answers: ['{"return": {}, "id": 100000}'],
  },
  {
    says: '3.14159265358979',
    send: '{"execute":"guest-ping","id":3.14159265358979}',
    answers: ['{"return": {}, "id": 3.14159265358979}'],
  },
  {
    says: 'a zero before an exponent is a separate number',
    send: '0e5 ',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'e\'"}}',
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
    ],
  },
  {
    says: 'no hexadecimal',
    send: '0x10 ',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'x\'"}}',
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
    ],
  },
  {
    says: 'a number at top level ends with the next byte',
    send: '1{"execute":"guest-ping"}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
      '{"return": {}}',
    ],
  },
  {
    says: 'numbers at top level are two messages',
    send: '1 2 ',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
    ],
  },
  {
    says: 'a number ended by a quote',
    send: '1"a"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
    ],
  },
  {
    says: 'a number ended by a stray byte',
    send: '1@',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'@\'"}}',
    ],
  },
  {
    says: 'a fraction ended by a second point',
    send: '1.5.2',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'.\'"}}',
    ],
  },
  {
    says: 'a bare zero with a fraction',
    send: '-0.25 ',
    answers: ['{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}'],
  },
  {
    says: 'digits ended by a letter',
    send: '12a ',
    answers: [
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'a\'"}}',
    ],
  },
];
