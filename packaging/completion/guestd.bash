# bash completion for guestd

_guestd() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} start=''
  COMPREPLY=()

  # bash splits --option=VALUE into three words.
  if [[ $word == '=' ]]; then
    word=''
  elif [[ $before == '=' ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi

  case $before in
    -m | --method)
      mapfile -t COMPREPLY < <(compgen -W 'virtio-serial isa-serial unix-listen vsock-listen' -- "$word")
      return
      ;;
    --log-format)
      mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$word")
      return
      ;;
    -a | --allow-rpcs | -b | --block-rpcs)
      [[ $word == *,* ]] && start=${word%,*},
      compopt -o nospace
      mapfile -t COMPREPLY < <(compgen -P "$start" -W "$("${COMP_WORDS[0]}" --allow-rpcs=help 2> /dev/null)" -- "${word##*,}")
      return
      ;;
    -c | --config | -p | --path | -l | --logfile | -f | --pidfile | --fsfreeze-hook)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
      ;;
    -t | --statedir | --system-root)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return
      ;;
    --freeze-timeout | --helper-timeout | --report-version | -s) return ;;
  esac

  mapfile -t COMPREPLY < <(compgen -W '-m --method -p --path -r --retry-path -a --allow-rpcs -b --block-rpcs
    -F --fsfreeze-hook --freeze-timeout --helper-timeout --report-version -c --config -D --dump-conf -t --statedir
    -d --daemonize -f --pidfile --system-root -l --logfile -v --verbose --log-format -V --version -h --help -s' -- "$word")
}

complete -F _guestd guestd
