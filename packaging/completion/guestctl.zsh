#compdef guestctl
# zsh completion for guestctl, as `guestctl completion zsh` prints it

_guestctl() {
  local line word
  local -a lines words_before candidates prefixes
  words_before=("${(@Q)words[2,CURRENT-1]}")
  lines=("${(@f)$(guestctl __complete -- "${words_before[@]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for line in $lines; do
    case $line in
      :commands) _command_names -e ;;
      :files*)
        compset -P "${(b)${line#:files }}"
        _files
        ;;
      *)
        word=${line%%$'\t'*}
        [[ $line == *$'\t'* ]] && line=${word//:/\\:}:${line#*$'\t'} || line=${word//:/\\:}
        if [[ $word == *[:+=] ]]; then prefixes+=($line); else candidates+=($line); fi
        ;;
    esac
  done
  _describe -t arguments argument candidates -- prefixes -S ''
}

_guestctl "$@"
