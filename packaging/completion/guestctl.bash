# bash completion for guestctl

_guestctl() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' i
  COMPREPLY=()

  # The colon of unix:PATH ends a word for bash.
  if [[ $before == : && ${COMP_WORDS[COMP_CWORD - 2]} == unix ]]; then
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$word"))
    return
  fi
  if [[ $word == : && $before == unix ]]; then
    COMPREPLY=($(compgen -f -- ''))
    return
  fi
  case $before in
    --to)
      compopt -o nospace
      COMPREPLY=($(compgen -W 'unix:' -- "$word"))
      return
      ;;
    --timeout) return ;;
  esac

  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      call | ping | info) command=${COMP_WORDS[i]} && break ;;
    esac
  done
  case $command in
    '') COMPREPLY=($(compgen -W 'call ping info --help --version' -- "$word")) ;;
    info) COMPREPLY=($(compgen -W '--to --timeout --json --help' -- "$word")) ;;
    *) COMPREPLY=($(compgen -W '--to --timeout --help' -- "$word")) ;;
  esac
}

complete -F _guestctl guestctl
