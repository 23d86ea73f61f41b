import { commands } from '../../src/contract.js';

/** Well-formed messages, and messages of the dialect of QEMU, to derive others from. */
export const JSON_SEEDS: readonly string[] = [
  '{"execute":"guest-ping"}',
  '{"execute":"guest-sync","arguments":{"id":1234},"id":"x"}\n',
  '[1, -2.5e3, true, false, null, "text", {"a": {}, "b": []}]',
  "{'a': 'single \\'quotes\\'', 'b': \"\\u00e9\\n\\\\\"}",
  '"\\uD83D\\uDE00é😀" [0.1, 1e400, 18446744073709551615, -9223372036854775808]',
  '{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10}',
  `{"long": "${'QUJD'.repeat(20)}"}`,
  '{}{}[]1 2 "x" true nonsense {"unfinished": [',
];

/** Tokens of messages: those of the grammar, and all names of the contract. */
export const JSON_DICTIONARY: readonly string[] = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    "'",
    '\\',
    '\\u',
    '\\uD800',
    '\\uDC00',
    '\\n',
    '\\/',
    ' ',
    '\n',
    '\t',
  ],
  ...['true', 'false', 'null', 'True', 'nul', '0', '-', '-0', '1.', '.5', '1e', '1E+', '00', '0e1', '%', '#'],
  ...[
    '""',
    '{}',
    '[]',
    '"a":',
    '"execute":',
    '"arguments":',
    '"id":',
    '"return":',
    '"error":',
    '"class":',
    '"desc":',
  ],
  ...Object.keys(commands).map((name) => `"${name}"`),
];
