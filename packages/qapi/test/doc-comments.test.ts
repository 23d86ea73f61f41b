/** Documentation comments (qemu-ga §10.6). */
import { describe } from 'node:test';
import { lines, testErrors } from './support.js';

describe('documentation comment', () => {
  testErrors([
    [
      lines('## S', '# @Ss:', '##', "{ 'struct': 'Ss', 'data': {} }"),
      "1:1: junk after '##' at start of documentation comment",
    ],
    [lines('####'), "1:1: junk after '##' at start of documentation comment"],
    [
      lines('##', '# @Ss:', '## ', "{ 'struct': 'Ss', 'data': {} }"),
      "3:1: junk after '##' at end of documentation comment",
    ],
    [
      lines('##', '# @Ss:', "{ 'struct': 'Ss', 'data': {} }"),
      "3:1: documentation comment must end with '##'",
    ],
    [lines('##', '# @Ss:'), "2:7: documentation comment must end with '##'"],
    [
      lines('##', '#@S:', '##', "{ 'struct': 'Ss', 'data': {} }"),
      '2:1: missing space after #',
      "4:13: documentation comment is for 'S'",
    ],
    [lines('##', '# @Ss:', '#text', '##', "{ 'struct': 'Ss', 'data': {} }"), '3:1: missing space after #'],
    [lines('##', '# @Ss', '##', "{ 'struct': 'Ss', 'data': {} }"), "2:1: line should end with ':'"],
    [lines('##', '# @:', '##', "{ 'struct': 'Ss', 'data': {} }"), "2:1: name required after '@'"],
    [lines('##', '# @Ss:', '##'), "2:4: documentation for 'Ss' is not followed by the definition"],
    [
      lines('##', '# @Ss:', '##', "{ 'pragma': {} }"),
      "2:4: documentation for 'Ss' is not followed by the definition",
    ],
    [
      lines('##', '# @Ss:', '##', '##', '# text', '##'),
      "2:4: documentation for 'Ss' is not followed by the definition",
    ],
    [lines('##', '# text', '##', "{ 'struct': 'Ss', 'data': {} }"), '1:1: definition documentation required'],
    [
      lines(
        '##',
        '# text',
        '##',
        "{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
        "{ 'pragma': { 'doc-required': true } }",
      ),
      '1:1: definition documentation required',
    ],
    [
      lines('##', '# @Tt:', '##', "{ 'struct': 'Ss', 'data': {} }"),
      "4:13: documentation comment is for 'Tt'",
    ],
    [lines('##', '# text', '# @Ss: text', '##'), "3:1: '@Ss:' not allowed in free-form documentation"],
    [
      lines(
        '##',
        '# @Ss:',
        '#',
        '# @a: text',
        '#',
        '# Since: 1.0',
        '#',
        '# @b: text',
        '##',
        "{ 'struct': 'Ss', 'data': { 'a': 'int', 'b': 'int' } }",
      ),
      "8:1: description of '@b:' follows a section",
    ],
    [
      lines(
        '##',
        '# @Ss:',
        '#',
        '# @a: text',
        '#',
        '# @a: text',
        '##',
        "{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
      ),
      "6:3: 'a' parameter name duplicated",
    ],
    [
      lines('##', '# @Ss:', '#', '# @: text', '##', "{ 'struct': 'Ss', 'data': {} }"),
      '4:1: invalid parameter name',
    ],
    [
      lines(
        '##',
        '# @Ss:',
        '#',
        '# @a:',
        '#',
        '# Since: 1',
        '##',
        "{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
      ),
      "4:3: text required after '@a:'",
    ],
    [
      lines(
        '##',
        '# @Ss:',
        '#',
        '# @a: text',
        '#     more',
        '#   less',
        '##',
        "{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
      ),
      '6:1: unexpected de-indent (expected at least 4 spaces)',
    ],
    [
      lines(
        '##',
        '# @Ss:',
        '#',
        '# @a: text',
        '#     more',
        '#',
        '#   less',
        '##',
        "{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
      ),
    ],
    [
      lines(
        '##',
        '# @Ss:',
        '#',
        '# Features:',
        '#',
        '# @f: text',
        '#',
        '# Features:',
        '#',
        '# @g: text',
        '##',
        "{ 'struct': 'Ss', 'data': {}, 'features': ['f', 'g'] }",
      ),
      "8:1: duplicated 'Features:' line",
    ],
    [
      lines('##', '# @Ss:', '#', '# Features:', '#', '# text', '##', "{ 'struct': 'Ss', 'data': {} }"),
      '6:1: feature descriptions expected',
    ],
    [
      lines('##', '# @Ss:', '#', '# Features:', '##', "{ 'struct': 'Ss', 'data': {} }"),
      '4:1: feature descriptions expected',
    ],
    [
      lines(
        '##',
        '# @c:',
        '#',
        '# Returns: S',
        '#',
        '# Returns: S',
        '##',
        "{ 'command': 'c', 'returns': 'Ss' }",
        "{ 'struct': 'Ss', 'data': {} }",
      ),
      "6:1: duplicated 'Returns' section",
    ],
    [
      lines('##', '# @c:', '#', '# Errors: a', '#', '# Errors: b', '##', "{ 'command': 'c' }"),
      "6:1: duplicated 'Errors' section",
    ],
    [
      lines('##', '# @Ss:', '#', '# Since: 1', '#', '# Since: 2', '##', "{ 'struct': 'Ss', 'data': {} }"),
      "6:1: duplicated 'Since' section",
    ],
    [lines('##', '# @Ss:', '#', '# TODO: a', '#', '# TODO: b', '##', "{ 'struct': 'Ss', 'data': {} }")],
    [
      lines(
        '##',
        '# @c:',
        '#',
        '# Returns:',
        '##',
        "{ 'command': 'c', 'returns': 'Ss' }",
        "{ 'struct': 'Ss', 'data': {} }",
      ),
      "4:1: text required after 'Returns:'",
    ],
    [
      lines('##', '# @Ss:', '#', '# Since:', '##', "{ 'struct': 'Ss', 'data': {} }"),
      "4:1: text required after 'Since:'",
    ],
    [
      lines('##', '# @Ss:', '#', '# TODO:', '##', "{ 'struct': 'Ss', 'data': {} }"),
      "4:1: text required after 'TODO:'",
    ],
    [
      lines('##', '# @Ss:', '#', '# Returns: a', '##', "{ 'struct': 'Ss', 'data': {} }"),
      "4:1: 'Returns' section is only valid for commands",
    ],
    [
      lines('##', '# @Ss:', '#', '# Errors: a', '##', "{ 'struct': 'Ss', 'data': {} }"),
      "4:1: 'Errors' section is only valid for commands",
    ],
    [
      lines('##', '# @c:', '#', '# Returns: a', '##', "{ 'command': 'c' }"),
      "4:1: 'Returns' section, but command doesn't return anything",
    ],
    [
      lines('##', '# @Ss:', '#', '# = Heading', '##', "{ 'struct': 'Ss', 'data': {} }"),
      "4:1: unexpected '=' markup in definition documentation",
    ],
    [lines('##', '# text', '# = Heading', '##'), "3:1: '=' heading must come first in a comment block"],
    [lines('##', '# = Heading', '#', '# text', '##')],
    [lines('##', '# =======', '# Heading', '# =======', '##')],
    [
      lines('##', '# @Ss:', '##', "{ 'struct': 'Ss', 'data': { 'a': 'int' } }"),
      "4:29: member 'a' lacks documentation",
    ],
    [
      lines('##', '# @ee:', '##', "{ 'enum': 'Ee', 'data': ['v'] }"),
      "4:11: documentation comment is for 'ee'",
    ],
    [lines('##', '# @Ee:', '##', "{ 'enum': 'Ee', 'data': ['v'] }"), "4:26: value 'v' lacks documentation"],
    [
      lines('##', '# @Aa:', '##', "{ 'alternate': 'Aa', 'data': { 'b': 'int' } }"),
      "4:32: branch 'b' lacks documentation",
    ],
    [
      lines('##', '# @c:', '##', "{ 'command': 'c', 'data': { 'p': 'int' } }"),
      "4:29: member 'p' lacks documentation",
    ],
    [
      lines('##', '# @EV:', '##', "{ 'event': 'EV', 'data': { 'p': 'int' } }"),
      "4:28: member 'p' lacks documentation",
    ],
    [
      lines(
        '##',
        '# @Uu:',
        '##',
        "{ 'union': 'Uu', 'base': { 'k': 'QType' }, 'discriminator': 'k', 'data': { 'none': 'Ss' } }",
        "{ 'struct': 'Ss', 'data': {} }",
      ),
      "4:28: member 'k' lacks documentation",
    ],
    [
      lines(
        "{ 'pragma': { 'documentation-exceptions': ['Ss'] } }",
        '##',
        '# @Ss:',
        '##',
        "{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
      ),
    ],
    [
      lines('##', '# @Ss:', '#', '# @a: text', '# @b: text', '##', "{ 'struct': 'Ss', 'data': {} }"),
      "4:3: documented members 'a', 'b' do not exist",
    ],
    [
      lines(
        '##',
        '# @Ss:',
        '#',
        '# @a: text',
        '#',
        '# Features:',
        '#',
        '# @f: text',
        '##',
        "{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
      ),
      "8:3: documented feature 'f' does not exist",
    ],
    [
      lines('##', '# @Ss:', '##', "{ 'struct': 'Ss', 'data': {}, 'features': ['f'] }"),
      "4:44: feature 'f' lacks documentation",
    ],
    [
      lines(
        '##',
        '# @Ss:',
        '#',
        '# @a: text',
        '##',
        "{ 'struct': 'Ss', 'data': { 'a': { 'type': 'int', 'features': ['f'] } } }",
      ),
      "6:64: feature 'f' lacks documentation",
    ],
    [
      lines(
        '##',
        '# @c:',
        '#',
        '# @a: text',
        '##',
        "{ 'command': 'c', 'data': 'Ss', 'boxed': true }",
        "{ 'struct': 'Ss', 'data': { 'a': 'int' } }",
      ),
      "4:3: documented member 'a' does not exist",
    ],
    [lines('##', '# @Ss:', '#', '# text', '', '# more', '##', "{ 'struct': 'Ss', 'data': {} }")],
    [lines('##', '# @Ss:', '#', '# Returns:: literal', '##', "{ 'struct': 'Ss', 'data': {} }")],
  ]);
});
