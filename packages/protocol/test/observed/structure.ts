import type { Conversation } from '../support/conversation.js';

/** Messages that are not well formed (qemu-ga §1.4). The first mistake is answered when the braces balance. */
export const structure: readonly Conversation[] = [
  {
    says: 'a closing brace alone',
    send: '}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'a closing bracket alone',
    send: ']',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'a comma alone',
    send: ',',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'a colon alone',
    send: ':',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'a member without a value',
    send: '{"execute": }',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'a comma before the end of an object',
    send: '{"execute":"guest-ping",}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'a member without a colon',
    send: '{"execute" "guest-ping"}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, missing : in object pair"}}'],
  },
  {
    says: 'members without a comma between them',
    send: '{"execute":"guest-ping" "id":1}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expected separator in dict"}}'],
  },
  {
    says: 'a key that is a word',
    send: '{execute:"guest-ping"}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'execute\'"}}',
    ],
  },
  {
    says: 'a key that is a known word',
    send: '{true:1}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, key is not a string in object"}}',
    ],
  },
  {
    says: 'a key that is a number',
    send: '{1:2}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, key is not a string in object"}}',
    ],
  },
  {
    says: 'a key that is a list',
    send: '{[1]:2}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, key is not a string in object"}}',
    ],
  },
  {
    says: 'a key that is an object',
    send: '{{"a":1}:2}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, key is not a string in object"}}',
    ],
  },
  {
    says: 'a mistake within an object that stands for a key',
    send: '{{"a" 1}:2}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, missing : in object pair"}}'],
  },
  {
    says: 'no key at all',
    send: '{,}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'a key that is an invalid string',
    send: '{"\\q":1}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid escape sequence in string"}}',
    ],
  },
  {
    says: 'a key given twice',
    send: '{"a":1,"a":2}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, duplicate key"}}'],
  },
  {
    says: 'a key given twice, once with an escape',
    send: '{"a":1,"\\u0061":2}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, duplicate key"}}'],
  },
  {
    says: 'a key given twice, both times with the value of a later mistake',
    send: '{"a":1,"a":[2 3]}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expected separator in list"}}'],
  },
  {
    says: 'a key given twice among many',
    send: '{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"d":11}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, duplicate key"}}'],
  },
  {
    says: 'a comma before the end of a list',
    send: '[1,]',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'a comma at the beginning of a list',
    send: '[,1]',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'elements without a comma between them',
    send: '[1 2]',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expected separator in list"}}'],
  },
  {
    says: 'a list closed by a brace',
    send: '[1}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expected separator in list"}}'],
  },
  {
    says: 'an empty list closed by a brace',
    send: '[}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'an object closed by a bracket',
    send: '{]',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'an object with a member closed by a bracket',
    send: '{"a":1]',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expected separator in dict"}}'],
  },
  {
    says: 'containers that are closed crosswise are answered when all are closed',
    send: '{"a":[1}]',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expected separator in list"}}'],
  },
  {
    says: 'crosswise from the beginning',
    send: '[{]}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}'],
  },
  {
    says: 'a closer too many ends the skipping',
    send: '[1 2}',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, expected separator in list"}}'],
  },
  {
    says: 'a closer too many after a good message',
    send: '{"execute":"guest-ping"}}',
    answers: [
      '{"return": {}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}',
    ],
  },
  {
    says: 'what follows a mistake is skipped up to the end of the message',
    send: '{"a" 1, "b": [2 3, {"c" 4}]} {"execute":"guest-ping"}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, missing : in object pair"}}',
      '{"return": {}}',
    ],
  },
  {
    says: 'a stray byte while skipping replaces the answer',
    send: '{"a" 1, @}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'@\'"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}',
    ],
  },
  {
    says: 'only the first mistake is answered',
    send: '[nope, "\\q", 1 2]',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'nope\'"}}'],
  },
  {
    says: 'an unknown word',
    send: 'nope ',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'nope\'"}}'],
  },
  {
    says: 'a word with a digit is a word and a number',
    send: 'a1 ',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'a\'"}}',
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
    ],
  },
  {
    says: 'a word with a dash',
    send: 'guest-ping ',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'guest\'"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'-p\'"}}',
    ],
  },
  {
    says: 'a word that is too long is cut together with what is said about it',
    send: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}',
    ],
  },
  {
    says: 'a half-sent message is swallowed by the next one',
    send: '{"execute":{"execute":"guest-ping"}',
    answers: [],
  },
  {
    says: 'white space is space, tab, CR and LF',
    send: ' \t\r\n{ \t\r\n"execute"\t:\r"guest-ping"\n} ',
    answers: ['{"return": {}}'],
  },
  {
    says: 'messages need nothing between them',
    send: '{"execute":"guest-ping"}{"execute":"guest-ping"}',
    answers: ['{"return": {}}', '{"return": {}}'],
  },
  {
    says: 'a vertical tab is no white space',
    send: '{"execute":\x0b"guest-ping"}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\u000B\'"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}',
    ],
  },
];
