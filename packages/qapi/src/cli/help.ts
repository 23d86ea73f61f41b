/** The texts of `--help`, of the same extent as the manual page. */
import type { CommandName } from './context.js';

/** What is said when nothing is asked for. */
export const USAGE = `usage: qapi COMMAND [OPTION]... SCHEMA

Commands: check, generate, docs, introspect.  See 'qapi --help'.
`;

const EXIT_STATUS = `EXIT STATUS
  0  all is well
  1  the schema has errors, a file cannot be read or written, or something is
     not up to date
  2  the command line is wrong
`;

const DIALECT = `  --dialect DIALECT
      'modern' (the default) for the language of QEMU 10, '2012' to accept also
      that of QEMU 1.0 to 1.3: 'type' for 'struct', missing commas between
      members, '#optional', free-form comments`;

const CONDITIONS = `  -D, --define NAME
      Take NAME as defined in 'if' conditions, as QEMU does for CONFIG_POSIX
      and the like.  May be given repeatedly, or with names separated by commas.
      A condition on a name that is not defined does not hold, and what it
      belongs to is left out.  '--define "*"' is '--all'.
  --all
      Leave nothing out: take every condition as met, also those with 'not'`;

const HELP_OPTION = `  -h, --help
      Show this text`;

/** Help by command; that of `qapi` itself is the overview. */
export const HELP: Readonly<Record<CommandName | 'qapi', string>> = {
  qapi: `qapi - compiler for the QAPI schema language

SYNOPSIS
  qapi COMMAND [OPTION]... SCHEMA
  qapi COMMAND --help
  qapi --version

DESCRIPTION
  QAPI is the language in which QEMU describes the commands, events and types of
  its monitor and of its guest agent.  qapi checks such descriptions and makes
  TypeScript, documentation and introspection data of them.

  A schema is a file with all the files that it includes.  One that is
  compressed with gzip is read as well.

COMMANDS
  check       Say whether schemas are correct, and what is wrong with them
  generate    Write TypeScript: types, run-time descriptors, tables of commands
  docs        Write a reference in Markdown
  introspect  Write the JSON that QEMU answers to query-qmp-schema
  help        Show the help of a command

OPTIONS
  -h, --help     Show this text, or after a command that command's
  -V, --version  Show the version

ENVIRONMENT
  NO_COLOR  If set and not empty, messages are not coloured.  They are coloured
            on terminals only.

${EXIT_STATUS}
EXAMPLES
  Check the schema that Debian ships with QEMU's guest agent:
    qapi check /usr/share/doc/qemu-guest-agent/qapi-schema.json.gz

  Generate TypeScript for it, as built for Linux:
    qapi generate qga/qapi-schema.json -o src/qga -D CONFIG_POSIX,CONFIG_LINUX
`,

  check: `qapi check - say whether schemas are correct

SYNOPSIS
  qapi check [--strict] [--quiet] [--json] [--dialect DIALECT] SCHEMA...

DESCRIPTION
  Reads each schema with all that it includes, and checks it.  Every error is
  reported, not just the first, on stderr as

    FILE:LINE:COLUMN: MESSAGE

  with the files through which it was included, the definition it is in, and the
  place marked.  Errors have QEMU's wording where QEMU has the check.  What only
  concerns the style of documentation is a warning, and so are the forms that
  QEMU took until 9.0, such as 'Note:' sections.  The last line counts both.

OPTIONS
  --json
      Print diagnostics as JSON on stdout, and nothing on stderr; see below
  --strict
      Take warnings as errors
  -q, --quiet
      Print no warnings and no count
${DIALECT}
${HELP_OPTION}

JSON
  An array of objects, empty if there is nothing to say:
    file, line, column        where it begins; lines and columns count from 1
    endLine, endColumn        where it ends, exclusive
    severity                  "error" or "warning"
    code                      what it is, stable across releases: "unknown-type"
    message                   as in the text form
    context                   the definition it is in: meta, name
    hint                      what to do
    notes                     further places: message, file, line, column,
                              endLine, endColumn
    includedFrom              the includes that led there: file, line
  The place is absent if a schema could not be read; context and hint are absent
  where there is none.

${EXIT_STATUS}
EXAMPLES
  qapi check schema/guest-agent.json
  qapi check --strict --quiet schema/*.json
  qapi check --json schema.json | jq -r '.[] | .code' | sort | uniq -c
  qapi check --dialect 2012 qapi-schema-guest.json
`,

  generate: `qapi generate - write TypeScript for a schema

SYNOPSIS
  qapi generate SCHEMA -o DIR [--runtime MODULE] [--define NAME]... [--all]
                [--feature-type FEATURE=TYPE@MODULE]... [--check] [--quiet]
                [--dialect DIALECT]

DESCRIPTION
  Writes one TypeScript module into DIR for each file of the schema, in the same
  folders.  They hold

    types        interfaces, unions of string literals, discriminated unions,
                 with the schema's documentation
    descriptors  a constant for each type, command and event, which carries its
                 TypeScript type and tells a generic checker what is valid
    tables       'fileCommands' for the commands of file.json, and so on

  The module of SCHEMA itself exports everything, and the tables 'commands' and
  'events' of the whole schema.

  Integers of 64 bits are 'number | bigint', exact.  The modules need
  'descriptor.ts', which is written beside them unless --runtime says where to
  take it from.

  Files that are up to date are not touched, no other file ever is, and nothing
  is removed: the module of a file that the schema no longer has is yours to
  delete.

OPTIONS
  -o, --output DIR
      Where to write.  Created if it does not exist.
  --runtime MODULE
      Import the runtime from MODULE, for instance @guestwire/schema,
      instead of writing it.  A relative MODULE is relative to DIR.
${CONDITIONS}
      It is an error if something is left out that something else needs.
  --feature-type FEATURE=TYPE@MODULE
      Give members of type 'str' (and lists of it) that carry FEATURE the type
      TYPE, imported from MODULE.  A relative MODULE is relative to DIR.
      May be given repeatedly.
  --check
      Write nothing; fail, naming them, if files are not up to date
  -q, --quiet
      Do not say how many files were written
${DIALECT}
${HELP_OPTION}

${EXIT_STATUS}
EXAMPLES
  qapi generate schema/api.json -o src/generated
  qapi generate schema/api.json -o src/generated --check
  qapi generate qapi/qapi-schema.json -o src/qmp --all \\
      --runtime @guestwire/schema
  qapi generate schema/api.json -o src/generated \\
      --feature-type base64=Base64Data@@guestwire/schema
`,

  docs: `qapi docs - write a reference of a schema in Markdown

SYNOPSIS
  qapi docs SCHEMA [-o FILE] [--check] [--dialect DIALECT]

DESCRIPTION
  Writes one page: a list of contents, then the modules of the schema as
  chapters with their headings and texts, each command with its arguments, what
  it returns and its errors, each type with its members; names are links.
  Conditional parts are all there, with their conditions.

OPTIONS
  -o, --output FILE
      Write into FILE instead of stdout
  --check
      Write nothing; fail if FILE is not up to date
${DIALECT}
${HELP_OPTION}

${EXIT_STATUS}
EXAMPLES
  qapi docs schema/guest-agent.json -o docs/commands.md
  qapi docs qapi/qapi-schema.json | less
`,

  introspect: `qapi introspect - describe a schema as QEMU describes itself

SYNOPSIS
  qapi introspect SCHEMA [-o FILE] [--unmasked] [--define NAME]... [--all]
                  [--check] [--dialect DIALECT]

DESCRIPTION
  Writes the JSON array that a QEMU built from the schema answers to
  query-qmp-schema: its commands and events, and the types they use.  Types
  have numbers for names, in the order of their first use, and integers are all
  'int'.

OPTIONS
  -o, --output FILE
      Write into FILE instead of stdout
  -u, --unmasked
      Call types by their names
${CONDITIONS}
  --check
      Write nothing; fail if FILE is not up to date
${DIALECT}
${HELP_OPTION}

${EXIT_STATUS}
EXAMPLES
  qapi introspect qapi/qapi-schema.json --all
  qapi introspect qga/qapi-schema.json -D CONFIG_POSIX -u | jq '.[].name'
`,
};
