#compdef guestd

_guestd_commands() {
  local -a names=(${(f)"$(_call_program commands $words[1] --allow-rpcs=help 2> /dev/null)"})
  _values -s , 'command' $names
}

_guestd_policies() {
  _alternative 'presets:preset:_values -s , preset audit file-read file-write filesystem unrestricted' 'files:file:_files'
}

_guestd_policy() {
  local -a shared=(
    '(-c --config)'{-c+,--config=}'[the configuration file]:file:_files'
    '*'{-a+,--allow-rpcs=}'[only these commands]:commands:_guestd_commands'
    '*'{-b+,--block-rpcs=}'[not these commands]:commands:_guestd_commands'
    '--policy=[what hosts may do]:policy:_guestd_policies'
    '--json[print one JSON object]'
    '(- *)'{-h,--help}'[print a summary]'
  )
  case $words[3] in
    explain) _arguments -s -S $shared '1:policy:' '2:action:' '3:request:' ;;
    list) _arguments -s -S $shared '1:policy:' '2:action:' ;;
    check) _arguments -s -S '--json[print one JSON object]' '1:policy:' '2:action:' '3:file:_files' ;;
    *) _arguments '1:policy:' '2:action:(explain list check)' ;;
  esac
}

_guestd_audit() {
  _arguments -s -S \
    '--json[print one JSON object]' \
    '(- *)'{-h,--help}'[print a summary]' \
    '1:log:' \
    '2:action:(verify)' \
    '*:file:_files'
}

_guestd() {
  if [[ $words[2] == audit ]] && (( CURRENT > 2 )); then
    _guestd_audit
    return
  fi
  if [[ $words[2] == policy ]] && (( CURRENT > 2 )); then
    _guestd_policy
    return
  fi
  _arguments -s -S \
    '(-m --method)'{-m+,--method=}'[where the host is met]:method:(virtio-serial isa-serial unix-listen vsock-listen)' \
    '(-p --path)'{-p+,--path=}'[the device or the socket]:path:_files' \
    '(-r --retry-path)'{-r,--retry-path}'[open it again and again]' \
    '--vsock-peers=[context ids that may connect]:context ids:(any 1 2)' \
    '--socket-mode=[permissions of the unix socket]:mode:(0600 0660)' \
    '--socket-users=[user ids that may connect to a unix socket]:user ids:(any)' \
    '*'{-a+,--allow-rpcs=}'[only these commands]:commands:_guestd_commands' \
    '*'{-b+,--block-rpcs=}'[not these commands]:commands:_guestd_commands' \
    '(-F --fsfreeze-hook)'{-F-,--fsfreeze-hook=-}'[program to run around a freeze]::hook:_files' \
    '--fsfreeze-hook-dir=[folder of programs to run around a freeze]:folder:_files -/' \
    '--freeze-timeout=[thaw by ourselves after so long]:seconds:' \
    '--thaw-on-stop[thaw and end at SIGTERM while frozen]' \
    '(- *)--thaw-after-exit[thaw what an agent that has ended has left frozen]' \
    '--helper-timeout=[kill a helper program after so long]:seconds:' \
    '--command-timeout=[reply with an error to a command that takes longer]:seconds:' \
    '--policy=[what hosts may do]:policy:_guestd_policies' \
    '--report-version=[the version that guest-info tells]:version:' \
    '(-c --config)'{-c+,--config=}'[configuration to read first]:file:_files' \
    '(-D --dump-conf)'{-D,--dump-conf}'[print the resulting configuration]' \
    '(-t --statedir)'{-t+,--statedir=}'[folder of the state files]:folder:_files -/' \
    '(-d --daemonize)'{-d,--daemonize}'[go into the background]' \
    '(-f --pidfile)'{-f+,--pidfile=}'[file for the number of the process]:file:_files' \
    '(-l --logfile)'{-l+,--logfile=}'[append the log to this file]:file:_files' \
    '--log-format=[how log lines look]:format:(text json)' \
    '--audit-log=[record every command]:file:_files' \
    '--audit-failure=[while the audit log cannot be written]:action:(continue refuse)' \
    '--system-root=[find /proc, /sys and /dev/log below this folder]:folder:_files -/' \
    '(-v --verbose)'{-v,--verbose}'[log more than errors]' \
    '*-s+[accepted and ignored]:word:' \
    '(- *)'{-V,--version}'[print the version]' \
    '(- *)'{-h,--help}'[print a summary]' \
    '1:action:(audit policy)'
}

_guestd "$@"
