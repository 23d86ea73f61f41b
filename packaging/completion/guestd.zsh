#compdef guestd

_guestd_commands() {
  local -a names=(${(f)"$(_call_program commands $words[1] --allow-rpcs=help 2> /dev/null)"})
  _values -s , 'command' $names
}

_guestd() {
  _arguments -s -S \
    '(-m --method)'{-m+,--method=}'[where the host is met]:method:(virtio-serial isa-serial unix-listen vsock-listen)' \
    '(-p --path)'{-p+,--path=}'[the device or the socket]:path:_files' \
    '*'{-a+,--allow-rpcs=}'[only these commands]:commands:_guestd_commands' \
    '*'{-b+,--block-rpcs=}'[not these commands]:commands:_guestd_commands' \
    '--freeze-timeout=[thaw by ourselves after so long]:seconds:' \
    '--report-version=[the version that guest-info tells]:version:' \
    '(-c --config)'{-c+,--config=}'[configuration to read first]:file:_files' \
    '(-t --statedir)'{-t+,--statedir=}'[folder of the state files]:folder:_files -/' \
    '(-l --logfile)'{-l+,--logfile=}'[append the log to this file]:file:_files' \
    '--system-root=[find /proc and /sys below this folder]:folder:_files -/' \
    '(-v --verbose)'{-v,--verbose}'[log more than errors]' \
    '(- *)'{-V,--version}'[print the version]' \
    '(- *)'{-h,--help}'[print a summary]'
}

_guestd "$@"
