import type { Conversation } from '../support/conversation.js';

/** Strings, echoed as the id (qemu-ga §1.2, §3.1). */
export const strings: readonly Conversation[] = [
  {
    says: 'all short escapes',
    send: '{"execute":"guest-ping","id":"\\"\\\'\\\\\\/\\b\\f\\n\\r\\t"}',
    answers: ['{"return": {}, "id": "\\"\'\\\\/\\b\\f\\n\\r\\t"}'],
  },
  {
    says: 'single quotes',
    send: '{"execute":"guest-ping","id":\'say "hi"\'}',
    answers: ['{"return": {}, "id": "say \\"hi\\""}'],
  },
  {
    says: 'single quotes within double ones',
    send: '{"execute":"guest-ping","id":"it\'s"}',
    answers: ['{"return": {}, "id": "it\'s"}'],
  },
  {
    says: 'an escaped single quote within single ones',
    send: '{"execute":"guest-ping","id":\'it\\\'s\'}',
    answers: ['{"return": {}, "id": "it\'s"}'],
  },
  {
    says: 'keys in single quotes',
    send: "{'execute':'guest-ping'}",
    answers: ['{"return": {}}'],
  },
  {
    says: 'raw UTF-8',
    send: '{"execute":"guest-ping","id":"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"}',
    answers: ['{"return": {}, "id": "\\u00E9\\u20AC\\uD83D\\uDE00"}'],
  },
  {
    says: 'hexadecimal digits of either case',
    send: '{"execute":"guest-ping","id":"\\u20AC\\u20ac"}',
    answers: ['{"return": {}, "id": "\\u20AC\\u20AC"}'],
  },
  {
    says: 'U+0000 escaped',
    send: '{"execute":"guest-ping","id":"a\\u0000b"}',
    answers: ['{"return": {}, "id": "a\\u0000b"}'],
  },
  {
    says: 'U+0000 as C0 80',
    send: '{"execute":"guest-ping","id":"a\xc0\x80b"}',
    answers: ['{"return": {}, "id": "a\\u0000b"}'],
  },
  {
    says: 'DEL',
    send: '{"execute":"guest-ping","id":"\x7f"}',
    answers: ['{"return": {}, "id": "\\u007F"}'],
  },
  {
    says: 'a pair of surrogates',
    send: '{"execute":"guest-ping","id":"\\ud83d\\ude00"}',
    answers: ['{"return": {}, "id": "\\uD83D\\uDE00"}'],
  },
  {
    says: 'control characters escaped',
    send: '{"execute":"guest-ping","id":"\\u0001\\u001f\\u000b"}',
    answers: ['{"return": {}, "id": "\\u0001\\u001F\\u000B"}'],
  },
  {
    says: 'a percent sign',
    send: '{"execute":"guest-ping","id":"%s %% %"}',
    answers: ['{"return": {}, "id": "%s %% %"}'],
  },
  {
    says: 'an unknown escape',
    send: '"\\x41"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid escape sequence in string"}}',
    ],
  },
  {
    says: 'an escape of a byte that is not ASCII',
    send: '"\\\xc3\xa9"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid escape sequence in string"}}',
    ],
  },
  {
    says: 'a lone leading surrogate',
    send: '"\\ud800"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\ud800 is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'a lone trailing surrogate',
    send: '"\\udc00"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\udc00 is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'surrogates in the wrong order',
    send: '"\\udc00\\ud800"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\udc00 is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'a leading surrogate before another character',
    send: '"\\ud800\\u0041"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\ud800 is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'a leading surrogate before another escape',
    send: '"\\ud800\\n"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\ud800 is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'a leading surrogate before a bad escape',
    send: '"\\ud800\\u12"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\ud800 is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'a pair that is a noncharacter',
    send: '"\\ud83f\\udfff"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\ud83f\\\\udfff is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'an escaped noncharacter',
    send: '"\\ufffe"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\ufffe is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'an escaped noncharacter of the Arabic block',
    send: '"\\ufdd0"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\ufdd0 is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'an escape without digits',
    send: '"\\u"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\u\\" is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'an escape with too few digits',
    send: '"\\u12"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\u12\\" is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'an escape with too few digits before more text',
    send: '"\\u12xyz"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\u12xy is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'an escape cut short by a sequence that is cut in the quotation',
    send: '"\\u123\xc3\xa9"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\u123\\uFFFD is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'a raw noncharacter',
    send: '"\xef\xbf\xbe"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'a raw noncharacter beyond the basic plane',
    send: '"\xf0\x9f\xbf\xbf"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'a raw noncharacter of the Arabic block',
    send: '"\xef\xb7\xaf"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'a raw surrogate',
    send: '"\xed\xb0\x80"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'an overlong sequence',
    send: '"\xc1\x81"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'an overlong sequence of three bytes',
    send: '"\xe0\x80\x80"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'a sequence of five bytes',
    send: '"\xf8\x88\x80\x80\x80"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'beyond Unicode',
    send: '"\xf4\x90\x80\x80"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'the last code point, a noncharacter',
    send: '"\xf4\x8f\xbf\xbf"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'the last one that is',
    send: '{"execute":"guest-ping","id":"\xf4\x8f\xbf\xbd"}',
    answers: ['{"return": {}, "id": "\\uDBFF\\uDFFD"}'],
  },
  {
    says: 'a lone continuation byte',
    send: '"\x80"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'a truncated sequence',
    send: '"\xe2\x82"',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, invalid UTF-8 sequence in string"}}',
    ],
  },
  {
    says: 'an invalid string in an object is answered at its end',
    send: '{"execute":"\\ud800"}',
    answers: [
      '{"error": {"class": "GenericError", "desc": "JSON parse error, \\\\ud800 is not a valid Unicode character"}}',
    ],
  },
  {
    says: 'names with escapes',
    send: '{"\\u0065xecute":"guest-pin\\u0067"}',
    answers: ['{"return": {}}'],
  },
];
