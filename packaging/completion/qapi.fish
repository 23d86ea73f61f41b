# Completion of qapi for fish; to be installed in a folder of $fish_complete_path.

set -l commands check generate docs introspect help
set -l none "not __fish_seen_subcommand_from $commands"

complete -c qapi -n $none -f
complete -c qapi -n $none -a check -d 'Say whether schemas are correct'
complete -c qapi -n $none -a generate -d 'Write TypeScript for a schema'
complete -c qapi -n $none -a docs -d 'Write a reference in Markdown'
complete -c qapi -n $none -a introspect -d 'Write the JSON that QEMU answers to query-qmp-schema'
complete -c qapi -n $none -a help -d 'Show the help of a command'
complete -c qapi -n $none -s V -l version -d 'Show the version'
complete -c qapi -s h -l help -d 'Show help'
complete -c qapi -n '__fish_seen_subcommand_from help' -f -a 'check generate docs introspect'

set -l schema '__fish_seen_subcommand_from check generate docs introspect'
complete -c qapi -n $schema -k -f -a '(__fish_complete_suffix .json; __fish_complete_suffix .json.gz)'
complete -c qapi -n $schema -l dialect -x -a 'auto modern 2012' -d 'The rules to read by'

complete -c qapi -n '__fish_seen_subcommand_from check' -l json -d 'Print diagnostics as JSON'
complete -c qapi -n '__fish_seen_subcommand_from check' -l strict -d 'Take warnings as errors'
complete -c qapi -n '__fish_seen_subcommand_from check generate' -s q -l quiet -d 'Say less'

complete -c qapi -n '__fish_seen_subcommand_from generate docs introspect' -s o -l output -r -d 'Where to write'
complete -c qapi -n '__fish_seen_subcommand_from generate docs introspect' -l check -d 'Fail if not up to date'

complete -c qapi -n '__fish_seen_subcommand_from generate introspect' -s D -l define -x -d 'Take a name as defined'
complete -c qapi -n '__fish_seen_subcommand_from generate introspect' -l all -d 'Take every condition as met'

complete -c qapi -n '__fish_seen_subcommand_from generate' -l runtime -x -a '@guestwire/schema' \
    -d 'The module to import the runtime from'
complete -c qapi -n '__fish_seen_subcommand_from generate' -l feature-type -x -d 'FEATURE=TYPE@MODULE'

complete -c qapi -n '__fish_seen_subcommand_from introspect' -s u -l unmasked -d 'Call types by their names'
