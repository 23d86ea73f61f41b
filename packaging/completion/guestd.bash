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

  if [[ ${COMP_WORDS[1]} == policy ]]; then
    if ((COMP_CWORD == 2)); then
      mapfile -t COMPREPLY < <(compgen -W 'explain list check --help' -- "$word")
      return
    fi
    if [[ ${COMP_WORDS[2]} == check && $word != -* ]]; then
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
    fi
    if [[ $word == -* ]]; then
      mapfile -t COMPREPLY < <(compgen -W '-c --config -a --allow-rpcs -b --block-rpcs --policy --json -h --help' -- "$word")
      return
    fi
  elif [[ ${COMP_WORDS[1]} == audit ]] && ((COMP_CWORD > 1)); then
    if ((COMP_CWORD == 2)); then
      mapfile -t COMPREPLY < <(compgen -W 'verify --help' -- "$word")
    elif [[ $word == -* ]]; then
      mapfile -t COMPREPLY < <(compgen -W '--json -h --help' -- "$word")
    else
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
    return
  elif ((COMP_CWORD == 1)) && [[ $word == [ap]* ]]; then
    mapfile -t COMPREPLY < <(compgen -W 'audit policy' -- "$word")
    return
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
    --policy)
      [[ $word == *,* ]] && start=${word%,*},
      compopt -o nospace -o filenames
      mapfile -t COMPREPLY < <(
        compgen -P "$start" -W 'audit file-read file-write filesystem unrestricted' -- "${word##*,}"
        compgen -f -- "$word"
      )
      return
      ;;
    --audit-log)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -W 'journald' -f -- "$word")
      return
      ;;
    --audit-failure)
      mapfile -t COMPREPLY < <(compgen -W 'continue refuse' -- "$word")
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
    -t | --statedir | --system-root | --fsfreeze-hook-dir)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return
      ;;
    --vsock-peers)
      mapfile -t COMPREPLY < <(compgen -W 'any 1 2' -- "$word")
      return
      ;;
    --socket-users)
      mapfile -t COMPREPLY < <(compgen -W 'any' -- "$word")
      return
      ;;
    --socket-mode)
      mapfile -t COMPREPLY < <(compgen -W '0600 0660' -- "$word")
      return
      ;;
    --freeze-timeout | --helper-timeout | --command-timeout | --report-version | -s) return ;;
  esac

  mapfile -t COMPREPLY < <(compgen -W '-m --method -p --path -r --retry-path --vsock-peers --socket-mode --socket-users -a --allow-rpcs -b --block-rpcs
    -F --fsfreeze-hook --fsfreeze-hook-dir --freeze-timeout --thaw-on-stop --thaw-after-exit --helper-timeout --command-timeout --policy --report-version -c --config -D --dump-conf -t --statedir
    -d --daemonize -f --pidfile --system-root -l --logfile -v --verbose --log-format --audit-log --audit-failure
    -V --version -h --help -s' -- "$word")
}

complete -F _guestd guestd
