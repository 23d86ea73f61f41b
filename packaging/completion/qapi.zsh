#compdef qapi
# Completion of qapi for zsh; to be installed as _qapi in a folder of $fpath.

_qapi() {
  local curcontext=$curcontext state line
  typeset -A opt_args

  local -a commands=(
    'check:say whether schemas are correct'
    'generate:write TypeScript for a schema'
    'docs:write a reference in Markdown'
    'introspect:write the JSON that QEMU answers to query-qmp-schema'
    'help:show the help of a command'
  )
  local -a common=(
    '--dialect=[the rules to read by]:dialect:(auto modern 2012)'
    '(- *)'{-h,--help}'[show help]'
  )
  local -a conditions=(
    '*'{-D+,--define=}'[take a name as defined in conditions]:name: '
    '--all[take every condition as met]'
  )
  local schema='_files -g "*.json(|.gz)(-.)"'

  _arguments -C \
    '(- *)'{-h,--help}'[show help]' \
    '(- *)'{-V,--version}'[show the version]' \
    '1:command:->command' \
    '*::argument:->argument'

  case $state in
    command)
      _describe -t commands command commands
      ;;
    argument)
      case $line[1] in
        check)
          _arguments $common \
            '--json[print diagnostics as JSON]' \
            '--strict[take warnings as errors]' \
            '(-q --quiet)'{-q,--quiet}'[print no warnings and no count]' \
            "*:schema:$schema"
          ;;
        generate)
          _arguments $common $conditions \
            '(-o --output)'{-o+,--output=}'[where to write]:folder:_files -/' \
            '--runtime=[the module to import the runtime from]:module:(@guestwire/schema)' \
            '*--feature-type=[the type of texts with a feature]:FEATURE=TYPE@MODULE: ' \
            '--check[fail if files are not up to date]' \
            '(-q --quiet)'{-q,--quiet}'[do not say how many files were written]' \
            "1:schema:$schema"
          ;;
        docs)
          _arguments $common \
            '(-o --output)'{-o+,--output=}'[where to write]:file:_files' \
            '--check[fail if the file is not up to date]' \
            "1:schema:$schema"
          ;;
        introspect)
          _arguments $common $conditions \
            '(-o --output)'{-o+,--output=}'[where to write]:file:_files' \
            '(-u --unmasked)'{-u,--unmasked}'[call types by their names]' \
            '--check[fail if the file is not up to date]' \
            "1:schema:$schema"
          ;;
        help)
          _describe -t commands command commands
          ;;
      esac
      ;;
  esac
}

_qapi "$@"
