/** The `--help` texts. The manual page describes the same in more detail. */
import type { CommandName } from './context.js';

/** The usage message for a command line without a command. */
export const USAGE = `usage: qapi COMMAND [OPTION]... SCHEMA

Commands: check, generate, docs, introspect.  See 'qapi --help'.
`;

const EXIT_STATUS = `EXIT STATUS
  0  success
  1  the schema has errors, a file cannot be read or written, or a file is not
     up to date
  2  usage error
`;

const COMMON = `  --dialect DIALECT
      The release of QEMU whose language the schema has, such as '6.1'; 'modern'
      for QEMU 9 and later; or '2012' for 0.15 to 2.8.  With 'auto' (default), a
      schema that has errors today is read in the language of the release whose
      forms it shows: '#optional' and 'gen': 'no' (until 2.8),
      'returns-whitelist' and conditions in C (2.9 to 6.1).
  -h, --help
      Show this help

${EXIT_STATUS}`;

const CONDITIONS = `  -D, --define NAME
      Define NAME for 'if' conditions, as a build of QEMU defines CONFIG_POSIX.
      Can be repeated; NAME can be a list separated by commas.  Parts whose
      condition does not hold are left out.  '--define "*"' is '--all'.
  --all
      Leave nothing out: every condition holds, negated ones too`;

const PAGE = `  -o, --output FILE
      Write to FILE instead of stdout
  --check
      Write nothing; fail if FILE is not up to date`;

/** The help of each command, and of `qapi` itself. */
export const HELP: Readonly<Record<CommandName | 'qapi', string>> = {
  qapi: `qapi - compiler for the QAPI schema language

SYNOPSIS
  qapi COMMAND [OPTION]... SCHEMA
  qapi COMMAND --help
  qapi --version

DESCRIPTION
  QEMU describes the commands, events and types of its monitor and of its guest
  agent in the QAPI schema language.  qapi checks schemas, and generates
  TypeScript, documentation and introspection data.

  A schema is a file with all files that it includes.  Files can be compressed
  with gzip.  SCHEMA '-' is standard input.

COMMANDS
  check       Check schemas and print errors and warnings
  generate    Generate TypeScript: types, descriptors, command tables
  docs        Generate a reference in Markdown
  introspect  Generate the JSON reply of QEMU's query-qmp-schema
  help        Show the help of a command

OPTIONS
  -h, --help     Show this help, or the help of a command
  -V, --version  Show the version

ENVIRONMENT
  NO_COLOR  Disables colors if not empty.  Colors are used on terminals only.

${EXIT_STATUS}
EXAMPLES
  Check the schema of Debian's qemu-guest-agent:
    qapi check /usr/share/doc/qemu-guest-agent/qapi-schema.json.gz

  Generate TypeScript for the guest agent on Linux:
    qapi generate qga/qapi-schema.json -o src/qga -D CONFIG_POSIX,CONFIG_LINUX
`,

  check: `qapi check - check schemas

SYNOPSIS
  qapi check [--strict] [--quiet] [--json] [--dialect DIALECT] SCHEMA...

DESCRIPTION
  Checks each schema with all files that it includes, and prints every error to
  stderr as

    FILE:LINE:COLUMN: MESSAGE

  with the including files, the definition and the source line.  Errors that
  QEMU's compiler also reports have its wording.  Problems of documentation
  style, and forms that QEMU accepted until 9.0 such as 'Note:' sections, are
  warnings.  The last line is a count, with the dialect if it is an older one
  that was found by the forms of the schema.

  If an included file cannot be read, types that it may define are not reported
  as unknown, and neither are errors that its pragmas may lift.

OPTIONS
  --json
      Print diagnostics as JSON to stdout, and nothing to stderr; see below
  --strict
      Treat warnings as errors
  -q, --quiet
      Do not print warnings and the count
${COMMON}
JSON
  An array of objects, empty if there are no diagnostics:
    file, line, column        start of the place; lines and columns count from 1
    endLine, endColumn        end of the place, exclusive
    severity                  "error" or "warning"
    code                      stable across releases, e.g. "unknown-type"
    message                   as in the text form
    context                   the definition: meta, name
    hint                      a possible fix
    notes                     related places: message, file, line, column,
                              endLine, endColumn
    includedFrom              the including places: file, line
  The place is absent if the schema could not be read.  context and hint are
  optional.

EXAMPLES
  qapi check schema/guest-agent.json
  qapi check --strict --quiet schema/*.json
  qapi check --json schema.json | jq -r '.[] | .code' | sort | uniq -c
  qapi check --dialect 2012 qapi-schema-guest.json
`,

  generate: `qapi generate - generate TypeScript for a schema

SYNOPSIS
  qapi generate SCHEMA -o DIR [--runtime MODULE] [--define NAME]... [--all]
                [--feature-type FEATURE=TYPE@MODULE]... [--check] [--quiet]
                [--dialect DIALECT]

DESCRIPTION
  Writes one TypeScript module to DIR for each file of the schema, in the same
  folders.  The modules contain

    types        interfaces, unions of string literals, discriminated unions,
                 with the documentation of the schema
    descriptors  a constant for each type, command and event, for checks of
                 values at run time; it also carries the TypeScript type
    tables       the commands of a module, such as 'fileCommands' for file.json

  The module of SCHEMA re-exports everything and has the tables 'commands' and
  'events' of the whole schema.

  Integers of 64 bits have the type 'number | bigint' and are exact.  The
  modules import 'descriptor.ts', which is also written unless --runtime names
  another module.

  Only files that have changed are written.  Other files in DIR are not touched;
  delete the module of a removed schema file yourself.

OPTIONS
  -o, --output DIR
      Output folder; created if it does not exist
  --runtime MODULE
      Import the runtime from MODULE, such as @guestwire/schema, instead of
      writing it.  A relative MODULE is relative to DIR.
${CONDITIONS}
      It is an error if a remaining part needs a type that is left out.
  --feature-type FEATURE=TYPE@MODULE
      Use TYPE of MODULE for members of type 'str' (and lists of it) with
      FEATURE.  A relative MODULE is relative to DIR.  Can be repeated.
  --check
      Write nothing; fail and list the files that are not up to date
  -q, --quiet
      Do not print the number of files
${COMMON}
EXAMPLES
  qapi generate schema/api.json -o src/generated
  qapi generate schema/api.json -o src/generated --check
  qapi generate qapi/qapi-schema.json -o src/qmp --all \\
      --runtime @guestwire/schema
  qapi generate schema/api.json -o src/generated \\
      --feature-type base64=Base64Data@@guestwire/schema
`,

  docs: `qapi docs - generate a reference of a schema in Markdown

SYNOPSIS
  qapi docs SCHEMA [-o FILE] [--check] [--dialect DIALECT]

DESCRIPTION
  Writes one page with a table of contents and a chapter for each module: its
  headings and text, each command with its arguments, return value and errors,
  each type with its members.  Names are links.  Conditional parts are included
  with their conditions.

OPTIONS
${PAGE}
${COMMON}
EXAMPLES
  qapi docs schema/guest-agent.json -o docs/commands.md
  qapi docs qapi/qapi-schema.json | less
`,

  introspect: `qapi introspect - generate the reply of query-qmp-schema

SYNOPSIS
  qapi introspect SCHEMA [-o FILE] [--unmasked] [--define NAME]... [--all]
                  [--check] [--dialect DIALECT]

DESCRIPTION
  Writes the JSON array that a QEMU built from the schema returns for
  query-qmp-schema: commands, events, and the types that they use.  Types are
  numbered in the order of their first use, and all integers are 'int'.

OPTIONS
${PAGE}
  -u, --unmasked
      Use the names of types instead of numbers
${CONDITIONS}
${COMMON}
EXAMPLES
  qapi introspect qapi/qapi-schema.json --all
  qapi introspect qga/qapi-schema.json -D CONFIG_POSIX -u | jq '.[].name'
`,
};
