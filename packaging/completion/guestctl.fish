# fish completion for guestctl

set -l commands call ping info

complete -c guestctl -f
complete -c guestctl -n "not __fish_seen_subcommand_from $commands" -a call -d 'Carry out a command of the agent'
complete -c guestctl -n "not __fish_seen_subcommand_from $commands" -a ping -d 'Show that the agent answers'
complete -c guestctl -n "not __fish_seen_subcommand_from $commands" -a info -d 'Show its version and commands'
complete -c guestctl -n "not __fish_seen_subcommand_from $commands" -s v -l version -d 'Print the version'
complete -c guestctl -s h -l help -d 'Print a summary'
complete -c guestctl -n "__fish_seen_subcommand_from $commands" -l to -x -a 'unix:' -d 'The guest: the socket of its agent'
complete -c guestctl -n "__fish_seen_subcommand_from $commands" -l timeout -x -d 'How many seconds to wait'
complete -c guestctl -n '__fish_seen_subcommand_from info' -l json -d 'Print the answer as JSON'
