# fish completion for guestd

function __guestd_commands
    set -l typed (string replace -r '^(-[ab]|--(allow|block)-rpcs=)' '' -- (commandline -ct))
    set -l start (string match -r '.*,' -- $typed)
    printf "$start%s\n" (guestd --allow-rpcs=help 2> /dev/null)
end

function __guestd_policy
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = policy; or return 1
    test (count $argv) -eq 0; and return
    test (count $words) -ge 3; and contains -- $words[3] $argv
end

function __guestd_audit
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = audit
end

complete -c guestd -f
complete -c guestd -n 'test (count (commandline -opc)) -eq 1' -a policy -d 'Explain what hosts may do'
complete -c guestd -n '__guestd_policy; and test (count (commandline -opc)) -eq 2' -a 'explain list check'
complete -c guestd -n '__guestd_policy check' -F
complete -c guestd -n __guestd_policy -l json -d 'Print one JSON object'
complete -c guestd -n 'test (count (commandline -opc)) -eq 1' -a audit -d 'Verify audit logs'
complete -c guestd -n '__guestd_audit; and test (count (commandline -opc)) -eq 2' -a verify
complete -c guestd -n '__guestd_audit; and test (count (commandline -opc)) -ge 3' -F
complete -c guestd -n __guestd_audit -l json -d 'Print one JSON object'
complete -c guestd -s m -l method -x -a 'virtio-serial isa-serial unix-listen vsock-listen' -d 'Where the host is met'
complete -c guestd -s p -l path -r -F -d 'The device or the socket'
complete -c guestd -s r -l retry-path -d 'Open it again and again'
complete -c guestd -l vsock-peers -x -a 'any 1 2' -d 'Context ids that may connect'
complete -c guestd -l socket-mode -x -a '0600 0660' -d 'Permissions of the unix socket'
complete -c guestd -l socket-users -x -a 'any' -d 'User ids that may connect to a unix socket'
complete -c guestd -s a -l allow-rpcs -x -a '(__guestd_commands)' -d 'Only these commands'
complete -c guestd -s b -l block-rpcs -x -a '(__guestd_commands)' -d 'Not these commands'
complete -c guestd -s F -l fsfreeze-hook -d 'Program to run around a freeze'
complete -c guestd -l fsfreeze-hook-dir -x -a '(__fish_complete_directories)' -d 'Folder of programs to run around a freeze'
complete -c guestd -l freeze-timeout -x -d 'Thaw by ourselves after so many seconds'
complete -c guestd -l thaw-on-stop -d 'Thaw and end at SIGTERM while frozen'
complete -c guestd -l thaw-after-exit -d 'Thaw what an agent that has ended has left frozen'
complete -c guestd -l helper-timeout -x -d 'Kill a helper program after so many seconds'
complete -c guestd -l command-timeout -x -d 'Reply with an error to a command that takes more seconds'
complete -c guestd -l policy -r -F -a 'audit file-read file-write filesystem unrestricted' -d 'What hosts may do'
complete -c guestd -l report-version -x -d 'The version that guest-info tells'
complete -c guestd -s c -l config -r -F -d 'Configuration to read first'
complete -c guestd -s D -l dump-conf -d 'Print the resulting configuration'
complete -c guestd -s t -l statedir -x -a '(__fish_complete_directories)' -d 'Folder of the state files'
complete -c guestd -s d -l daemonize -d 'Go into the background'
complete -c guestd -s f -l pidfile -r -F -d 'File for the number of the process'
complete -c guestd -s l -l logfile -r -F -d 'Append the log to this file'
complete -c guestd -l log-format -x -a 'text json' -d 'How log lines look'
complete -c guestd -l audit-log -r -F -a 'journald' -d 'Record every command'
complete -c guestd -l audit-failure -x -a 'continue refuse' -d 'While the audit log cannot be written'
complete -c guestd -l system-root -x -a '(__fish_complete_directories)' -d 'Find /proc, /sys and /dev/log below this folder'
complete -c guestd -s v -l verbose -d 'Log more than errors'
complete -c guestd -s V -l version -d 'Print the version'
complete -c guestd -s h -l help -d 'Print a summary'
complete -c guestd -s s -x -d 'Accepted and ignored'
