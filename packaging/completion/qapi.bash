# Completion of qapi for bash; to be sourced, or installed as
# /usr/share/bash-completion/completions/qapi

_qapi() {
  local current previous command word options
  current=${COMP_WORDS[COMP_CWORD]}
  previous=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()

  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      check | generate | docs | introspect | help)
        command=$word
        break
        ;;
    esac
  done

  # bash splits --option=VALUE into three words.
  if [[ $current == '=' ]]; then
    current=
  elif [[ $previous == '=' ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi

  case $command:$previous in
    *:--dialect)
      mapfile -t COMPREPLY < <(compgen -W 'auto modern 2012' -- "$current")
      return
      ;;
    generate:-o | generate:--output)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$current")
      return
      ;;
    *:-o | *:--output)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    generate:--runtime)
      mapfile -t COMPREPLY < <(compgen -W '@guestwire/schema' -- "$current")
      return
      ;;
    generate:--feature-type | *:-D | *:--define)
      return
      ;;
  esac

  case $command in
    '')
      options='check generate docs introspect help --help --version'
      mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
      return
      ;;
    help)
      mapfile -t COMPREPLY < <(compgen -W 'check generate docs introspect' -- "$current")
      return
      ;;
    check) options='--json --strict --quiet' ;;
    generate) options='--output --runtime --define --all --feature-type --check --quiet' ;;
    docs) options='--output --check' ;;
    introspect) options='--output --unmasked --define --all --check' ;;
  esac

  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options --dialect --help" -- "$current")
  else
    compopt -o filenames
    mapfile -t COMPREPLY < <(
      compgen -d -- "$current"
      compgen -f -X '!*.json' -- "$current"
      compgen -f -X '!*.json.gz' -- "$current"
    )
  fi
}

complete -F _qapi qapi
