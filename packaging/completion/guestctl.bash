# bash completion for guestctl, as `guestctl completion bash` prints it

_guestctl_targets() {
  local names
  names=$(guestctl targets 2>/dev/null | awk 'NR > 1 { print $1 }')
  COMPREPLY=($(compgen -W "$names unix: libvirt: libvirt+ vsock: tcp: pty: exec:" -- "$1"))
  [[ ${#COMPREPLY[@]} != 1 || $COMPREPLY != *[:+] ]] || compopt -o nospace
}

_guestctl_files() {
  compopt -o filenames
  COMPREPLY=($(compgen -f -- "$1"))
}

_guestctl() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} flags=''
  COMPREPLY=()

  # The colon of unix:PATH and libvirt:DOMAIN ends a word for bash.
  if [[ $word == : ]]; then
    before=: word=''
    set -- "${COMP_WORDS[COMP_CWORD - 1]}"
  else
    set -- "${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  if [[ $before == : ]]; then
    case $1 in
      unix | pty) _guestctl_files "$word" ;;
      libvirt) COMPREPLY=($(compgen -W "$(virsh -q list --name 2>/dev/null)" -- "$word")) ;;
    esac
    return
  fi

  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W 'ping info call wait doctor targets completion exec cp cat write os net routes users load top time cpus memory fs disks trim freeze status thaw passwd shutdown reboot halt suspend keys --help --version' -- "$word"))
    return
  fi
  case $command in
    keys)
      if ((COMP_CWORD == 2)); then
        COMPREPLY=($(compgen -W 'list add remove replace --help' -- "$word"))
        return
      fi
      command+=" ${COMP_WORDS[2]}"
      ;;
  esac

  case $before in
    --to) _guestctl_targets "$word" && return ;;
    --timeout | --parallel | --interval | --env | -e | --mode | --count | --set | --enable | --disable | --online | --offline | --minimum | --for | --mount) : && return ;;
  esac

  case $command in
    'ping')
      flags='--to --timeout --parallel --json --help'
      ;;
    'info')
      flags='--to --timeout --parallel --json --help'
      ;;
    'call')
      flags='--to --timeout --parallel --json --help'
      [[ $word == -* ]] || COMPREPLY=($(compgen -W 'guest-exec guest-exec-status guest-file-close guest-file-flush guest-file-open guest-file-read guest-file-seek guest-file-write guest-fsfreeze-freeze guest-fsfreeze-freeze-list guest-fsfreeze-status guest-fsfreeze-thaw guest-fstrim guest-get-cpustats guest-get-disks guest-get-diskstats guest-get-fsinfo guest-get-host-name guest-get-load guest-get-memory-block-info guest-get-memory-blocks guest-get-osinfo guest-get-time guest-get-timezone guest-get-users guest-get-vcpus guest-info guest-network-get-interfaces guest-network-get-route guest-ping guest-set-memory-blocks guest-set-time guest-set-user-password guest-set-vcpus guest-shutdown guest-ssh-add-authorized-keys guest-ssh-get-authorized-keys guest-ssh-remove-authorized-keys guest-suspend-disk guest-suspend-hybrid guest-suspend-ram guest-sync guest-sync-delimited' -- "$word"))
      ;;
    'wait')
      flags='--to --timeout --parallel --json --interval --help'
      [[ $word == -* ]] || COMPREPLY=($(compgen -W 'agent command process address' -- "$word"))
      ;;
    'doctor')
      flags='--to --timeout --parallel --json --help'
      ;;
    'targets')
      flags='--json --help'
      ;;
    'completion')
      flags='--help'
      [[ $word == -* ]] || COMPREPLY=($(compgen -W 'bash fish zsh' -- "$word"))
      ;;
    'exec')
      flags='--to --timeout --parallel --json --env --input --no-input --help'
      ;;
    'cp')
      flags='--to --timeout --parallel --json --recursive --no-verify --no-resume --no-preserve-mode --help'
      [[ $word == -* ]] || _guestctl_files "$word"
      ;;
    'cat')
      flags='--to --timeout --parallel --json --help'
      ;;
    'write')
      flags='--to --timeout --parallel --json --append --atomic --mode --help'
      ;;
    'os')
      flags='--to --timeout --parallel --json --help'
      ;;
    'net')
      flags='--to --timeout --parallel --json --help'
      ;;
    'routes')
      flags='--to --timeout --parallel --json --help'
      ;;
    'users')
      flags='--to --timeout --parallel --json --help'
      ;;
    'load')
      flags='--to --timeout --parallel --json --help'
      ;;
    'top')
      flags='--to --timeout --parallel --json --interval --count --help'
      ;;
    'time')
      flags='--to --timeout --parallel --json --set --sync --hardware --help'
      ;;
    'cpus')
      flags='--to --timeout --parallel --json --enable --disable --help'
      ;;
    'memory')
      flags='--to --timeout --parallel --json --online --offline --help'
      ;;
    'fs')
      flags='--to --timeout --parallel --json --help'
      ;;
    'disks')
      flags='--to --timeout --parallel --json --help'
      ;;
    'trim')
      flags='--to --timeout --parallel --json --minimum --help'
      ;;
    'freeze')
      flags='--to --timeout --parallel --json --for --mount --help'
      [[ $word == -* ]] || COMPREPLY=($(compgen -c -- "$word"))
      ;;
    'status')
      flags='--to --timeout --parallel --json --help'
      ;;
    'thaw')
      flags='--to --timeout --parallel --json --help'
      ;;
    'passwd')
      flags='--to --timeout --parallel --json --crypted --help'
      ;;
    'keys list')
      flags='--to --timeout --parallel --json --help'
      ;;
    'keys add')
      flags='--to --timeout --parallel --json --help'
      [[ $word == -* ]] || _guestctl_files "$word"
      ;;
    'keys remove')
      flags='--to --timeout --parallel --json --help'
      [[ $word == -* ]] || _guestctl_files "$word"
      ;;
    'keys replace')
      flags='--to --timeout --parallel --json --help'
      [[ $word == -* ]] || _guestctl_files "$word"
      ;;
    'shutdown')
      flags='--to --timeout --parallel --json --help'
      ;;
    'reboot')
      flags='--to --timeout --parallel --json --help'
      ;;
    'halt')
      flags='--to --timeout --parallel --json --help'
      ;;
    'suspend')
      flags='--to --timeout --parallel --json --help'
      [[ $word == -* ]] || COMPREPLY=($(compgen -W 'disk ram hybrid' -- "$word"))
      ;;
  esac
  [[ $word != -* ]] || COMPREPLY=($(compgen -W "$flags" -- "$word"))
}

complete -F _guestctl guestctl
