import type { Conversation } from '../support/conversation.js';

/** Bytes that fit nowhere, and what is dropped after them (qemu-ga §1.4). */
export const lexical: readonly Conversation[] = [
  {
    says: 'a stray byte is quoted',
    send: '@',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'@\'"}}'],
  },
  {
    says: 'a percent sign is stray, since nothing is interpolated',
    send: '%s',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'%\'"}}'],
  },
  {
    says: 'an upper-case letter cannot start a word',
    send: 'True',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'T\'"}}'],
  },
  {
    says: 'a word with upper case letters',
    send: 'nUll',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid keyword \'n\'"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'U\'"}}',
    ],
  },
  {
    says: 'a plus sign cannot start a number',
    send: '+1',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'+\'"}}'],
  },
  {
    says: 'a point cannot start a number',
    send: '.5',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'.\'"}}'],
  },
  {
    says: 'a minus sign needs a digit',
    send: '-',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'-\\n\'"}}'],
  },
  {
    says: 'a minus sign does not make a word',
    send: '-inf',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'-i\'"}}'],
  },
  {
    says: 'a zero cannot be followed by a digit',
    send: '01',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'01\'"}}'],
  },
  {
    says: 'nor can a negative zero',
    send: '-01',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'-01\'"}}'],
  },
  {
    says: 'a point needs a digit after it',
    send: '1.x',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'1.x\'"}}'],
  },
  {
    says: 'an exponent needs a digit',
    send: '1e+ ',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'1e+ \'"}}'],
  },
  {
    says: 'the offending byte is part of the quoted token',
    send: '12e-"',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'12e-\\"\'"}}'],
  },
  {
    says: 'a byte FF is stray and becomes U+FFFD',
    send: '\xff',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}'],
  },
  {
    says: 'each byte FF has a separate reply',
    send: '\xff\xff',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}',
    ],
  },
  {
    says: 'a byte FE is stray as well',
    send: '\xfe{"execute":"guest-ping"}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}',
      '{"return": {}}',
    ],
  },
  {
    says: 'a NUL byte ends the quotation before it begins',
    send: '\x00',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\'"}}'],
  },
  {
    says: 'a NUL byte ends the quotation within a string',
    send: '"ab\x00cd"',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"ab\'"}}'],
  },
  {
    says: 'a control character is quoted with an escape',
    send: '\x1b',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\u001B\'"}}'],
  },
  {
    says: 'DEL is stray outside strings',
    send: '\x7f',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\u007F\'"}}'],
  },
  {
    says: 'a line feed may not be in a string',
    send: '"ab\ncd"',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"ab\\n\'"}}'],
  },
  {
    says: 'a tab may not be in a string',
    send: '"ab\tcd"',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"ab\\t\'"}}'],
  },
  {
    says: 'a byte FF may not be in a string',
    send: '"ab\xffcd"',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"ab\\uFFFD\'"}}'],
  },
  {
    says: 'a control character may not be escaped',
    send: '"ab\\\ncd"',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"ab\\\\\\n\'"}}'],
  },
  {
    says: 'a truncated sequence in a quotation is one U+FFFD',
    send: '"\xe2\x82\x01',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"\\uFFFD\\u0001\'"}}',
    ],
  },
  {
    says: 'a sequence of five bytes in a quotation is one U+FFFD',
    send: '"\xf8\x88\x80\x80\x80\x01',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"\\uFFFD\\u0001\'"}}',
    ],
  },
  {
    says: 'lone continuation bytes in a quotation are one U+FFFD each',
    send: '"\x80\x81\x01',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"\\uFFFD\\uFFFD\\u0001\'"}}',
    ],
  },
  {
    says: 'a noncharacter in a quotation is U+FFFD',
    send: '"\xef\xbf\xbf\x01',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"\\uFFFD\\u0001\'"}}',
    ],
  },
  {
    says: 'a surrogate in a quotation is one U+FFFD',
    send: '"\xed\xa0\x80\x01',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"\\uFFFD\\u0001\'"}}',
    ],
  },
  {
    says: 'C0 80 in a quotation is U+0000',
    send: '"\xc0\x80\x01',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"\\u0000\\u0001\'"}}',
    ],
  },
  {
    says: 'an overlong sequence in a quotation is one U+FFFD',
    send: '"\xc1\x81\xe0\x80\x81\x01',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"\\uFFFD\\uFFFD\\u0001\'"}}',
    ],
  },
  {
    says: 'text that is not ASCII is stray outside strings, byte by byte of which only the first counts',
    send: '\xe2\x82\xac',
    answers: ['{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}'],
  },
  {
    says: 'after a stray byte everything up to a structural character is dropped',
    send: '@ true "x" 12 [1]',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'@\'"}}',
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
    ],
  },
  {
    says: 'after a stray byte a tab is dropped, a line feed is not',
    send: '@\tzzz\n1 ',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'@\'"}}',
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
    ],
  },
  {
    says: 'after a stray byte a control character is stray again',
    send: '@ zzz\x02',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'@\'"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\u0002\'"}}',
    ],
  },
  {
    says: 'an opening brace may be what follows a stray byte',
    send: '@{"execute":"guest-ping"}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'@\'"}}',
      '{"return": {}}',
    ],
  },
  {
    says: 'a stray byte in an object makes a cascade',
    send: '{"a": @ "b": 1}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'@\'"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}',
      '{"error": {"class": "GenericError", "desc": "QMP input must be a JSON object"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}',
    ],
  },
  {
    says: 'a stray byte discards the braces that were open',
    send: '{{{[@{"execute":"guest-ping"}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'@\'"}}',
      '{"return": {}}',
    ],
  },
  {
    says: 'an unfinished string ends with its line',
    send: '{"execute":"guest-ping\n"}\n',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"guest-ping\\n\'"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, expecting value"}}',
    ],
  },
  {
    says: 'a stray token is quoted in full, however long',
    send: '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\x01',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\\u0001\'"}}',
    ],
  },
  {
    says: 'a byte order mark is stray',
    send: '\xef\xbb\xbf{"execute":"guest-ping"}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}',
      '{"return": {}}',
    ],
  },
  {
    says: 'comments are not JSON',
    send: '// ping\n/* ping */',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'/\'"}}',
      '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'/\'"}}',
    ],
  },
];
