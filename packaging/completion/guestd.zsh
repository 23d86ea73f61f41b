#compdef guestd

_guestd_commands() {
  local -a names=(${(f)"$(_call_program commands $words[1] --allow-rpcs=help 2> /dev/null)"})
  _values -s , 'command' $names
}

_guestd() {
  _arguments -s -S \
    '(-m --method)'{-m+,--method=}'[where the host is met]:method:(virtio-serial isa-serial unix-listen vsock-listen)' \
    '(-p --path)'{-p+,--path=}'[the device or the socket]:path:_files' \
    '(-r --retry-path)'{-r,--retry-path}'[open it again and again]' \
    '*'{-a+,--allow-rpcs=}'[only these commands]:commands:_guestd_commands' \
    '*'{-b+,--block-rpcs=}'[not these commands]:commands:_guestd_commands' \
    '(-F --fsfreeze-hook)'{-F-,--fsfreeze-hook=-}'[program to run around a freeze]::hook:_files' \
    '--freeze-timeout=[thaw by ourselves after so long]:seconds:' \
    '--helper-timeout=[kill a helper program after so long]:seconds:' \
    '--report-version=[the version that guest-info tells]:version:' \
    '(-c --config)'{-c+,--config=}'[configuration to read first]:file:_files' \
    '(-D --dump-conf)'{-D,--dump-conf}'[print the resulting configuration]' \
    '(-t --statedir)'{-t+,--statedir=}'[folder of the state files]:folder:_files -/' \
    '(-d --daemonize)'{-d,--daemonize}'[go into the background]' \
    '(-f --pidfile)'{-f+,--pidfile=}'[file for the number of the process]:file:_files' \
    '(-l --logfile)'{-l+,--logfile=}'[append the log to this file]:file:_files' \
    '--log-format=[how log lines look]:format:(text json)' \
    '--system-root=[find /proc, /sys and /dev/log below this folder]:folder:_files -/' \
    '(-v --verbose)'{-v,--verbose}'[log more than errors]' \
    '*-s+[accepted and ignored]:word:' \
    '(- *)'{-V,--version}'[print the version]' \
    '(- *)'{-h,--help}'[print a summary]'
}

_guestd "$@"
