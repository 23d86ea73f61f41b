# fish completion for guestd

function __guestd_commands
    set -l typed (string replace -r '^(-[ab]|--(allow|block)-rpcs=)' '' -- (commandline -ct))
    set -l start (string match -r '.*,' -- $typed)
    printf "$start%s\n" (guestd --allow-rpcs=help 2> /dev/null)
end

complete -c guestd -f
complete -c guestd -s m -l method -x -a 'virtio-serial isa-serial unix-listen vsock-listen' -d 'Where the host is met'
complete -c guestd -s p -l path -r -F -d 'The device or the socket'
complete -c guestd -s r -l retry-path -d 'Open it again and again'
complete -c guestd -s a -l allow-rpcs -x -a '(__guestd_commands)' -d 'Only these commands'
complete -c guestd -s b -l block-rpcs -x -a '(__guestd_commands)' -d 'Not these commands'
complete -c guestd -s F -l fsfreeze-hook -d 'Program to run around a freeze'
complete -c guestd -l freeze-timeout -x -d 'Thaw by ourselves after so many seconds'
complete -c guestd -l helper-timeout -x -d 'Kill a helper program after so many seconds'
complete -c guestd -l report-version -x -d 'The version that guest-info tells'
complete -c guestd -s c -l config -r -F -d 'Configuration to read first'
complete -c guestd -s D -l dump-conf -d 'Print the resulting configuration'
complete -c guestd -s t -l statedir -x -a '(__fish_complete_directories)' -d 'Folder of the state files'
complete -c guestd -s d -l daemonize -d 'Go into the background'
complete -c guestd -s f -l pidfile -r -F -d 'File for the number of the process'
complete -c guestd -s l -l logfile -r -F -d 'Append the log to this file'
complete -c guestd -l log-format -x -a 'text json' -d 'How log lines look'
complete -c guestd -l system-root -x -a '(__fish_complete_directories)' -d 'Find /proc, /sys and /dev/log below this folder'
complete -c guestd -s v -l verbose -d 'Log more than errors'
complete -c guestd -s V -l version -d 'Print the version'
complete -c guestd -s h -l help -d 'Print a summary'
complete -c guestd -s s -x -d 'Accepted and ignored'
