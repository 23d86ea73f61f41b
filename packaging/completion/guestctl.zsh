#compdef guestctl

_guestctl_target() {
  if compset -P 'unix:'; then
    _files
  else
    compadd -S '' -- unix:
  fi
}

_guestctl() {
  local state
  local -a flags=(
    '--to[the guest: the socket of its agent]:target:_guestctl_target'
    '--timeout[how long to wait]:seconds:'
    '(- *)'{-h,--help}'[print a summary]'
  )

  _arguments -C \
    '(- *)'{-h,--help}'[print a summary]' \
    '(- *)'{-v,--version}'[print the version]' \
    '1: :->command' \
    '*:: :->arguments'

  case $state in
    command)
      local -a commands=(
        'call:carry out a command of the agent'
        'ping:show that the agent answers'
        'info:show the version and the commands of the agent'
      )
      _describe command commands
      ;;
    arguments)
      case $words[1] in
        call) _arguments $flags '1:command of the agent:' '2:arguments as JSON, or - for standard input:' ;;
        ping) _arguments $flags ;;
        info) _arguments $flags '--json[print the answer as JSON]' ;;
      esac
      ;;
  esac
}

_guestctl "$@"
