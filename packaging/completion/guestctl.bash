# bash completion for guestctl, as `guestctl completion bash` prints it

_guestctl() {
  local words=() i line skip rest partial
  # bash splits words at colons and equals signs.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    if ((i > 1)) && [[ (${COMP_WORDS[i]} == [:=]* || ${COMP_WORDS[i - 1]} == *[:=]) && ! (${COMP_WORDS[i]} == '' && $COMP_LINE == *[[:space:]]) ]]; then
      words[${#words[@]} - 1]+=${COMP_WORDS[i]}
    else
      words+=("${COMP_WORDS[i]}")
    fi
  done
  partial=${words[${#words[@]} - 1]} skip=''
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :commands) COMPREPLY+=($(compgen -c -- "$partial")) ;;
      :files*)
        compopt -o filenames
        skip=${line#:files } partial=${partial#"$skip"}
        local IFS=$'\n'
        COMPREPLY+=($(compgen -f -- "$partial"))
        ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <(guestctl __complete -- "${words[@]}" 2>/dev/null)

  # The part before the last colon or equals sign is already on the command line.
  rest=${partial##*[:=]}
  COMPREPLY=("${COMPREPLY[@]#"${partial%"$rest"}"}")
  [[ ${#COMPREPLY[@]} != 1 || $COMPREPLY != *[:+=] ]] || compopt -o nospace
}

complete -F _guestctl guestctl
