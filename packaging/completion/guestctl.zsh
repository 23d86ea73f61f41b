#compdef guestctl
# zsh completion for guestctl, as `guestctl completion zsh` prints it

_guestctl_target() {
  local -a names
  if compset -P '(unix|pty):'; then
    _files
  elif compset -P 'libvirt:'; then
    names=(${(f)"$(virsh -q list --name 2>/dev/null)"})
    compadd -a names
  else
    names=(${(f)"$(guestctl targets 2>/dev/null | awk 'NR > 1 { print $1 }')"})
    compadd -a names
    compadd -S '' -- unix: libvirt: libvirt+ vsock: tcp: pty: exec:
  fi
}

_guestctl_agent_command() {
  compadd -- guest-exec guest-exec-status guest-file-close guest-file-flush guest-file-open guest-file-read guest-file-seek guest-file-write guest-fsfreeze-freeze guest-fsfreeze-freeze-list guest-fsfreeze-status guest-fsfreeze-thaw guest-fstrim guest-get-cpustats guest-get-disks guest-get-diskstats guest-get-fsinfo guest-get-host-name guest-get-load guest-get-memory-block-info guest-get-memory-blocks guest-get-osinfo guest-get-time guest-get-timezone guest-get-users guest-get-vcpus guest-info guest-network-get-interfaces guest-network-get-route guest-ping guest-set-memory-blocks guest-set-time guest-set-user-password guest-set-vcpus guest-shutdown guest-ssh-add-authorized-keys guest-ssh-get-authorized-keys guest-ssh-remove-authorized-keys guest-suspend-disk guest-suspend-hybrid guest-suspend-ram guest-sync guest-sync-delimited
}

_guestctl() {
  local state command
  local -a help=('(- *)'{-h,--help}'[print a summary]')
  local -a flags=(
    $help
    '*--to[The guest]:target:_guestctl_target'
    '--timeout[How long to wait for the connection]:time:'
    '--parallel[How many guests to ask at the same time, where there are several]:number:'
    '--json[Print JSON]'
  )

  _arguments -C \
    '(- *)'{-h,--help}'[print a summary]' \
    '(- *)'{-v,--version}'[print the version]' \
    '1: :->command' \
    '*:: :->arguments'

  case $state in
    command)
      local -a commands=(
      'ping:Show that the agent answers'
      'info:Show the agent'\''s version and its commands'
      'call:Carry out a command of the agent and print what it returns, as JSON'
      'wait:Wait until the agent answers, or for something in the guest'
      'doctor:Find out why an agent does not answer, and what to do about it'
      'targets:List the names in the file of targets'
      'completion:Print the completion of guestctl for a shell'
      'exec:Run a program in the guest'
      'cp:Copy files and folders to the guest, or from it'
      'cat:Print files of the guest'
      'write:Write standard input to a file of the guest'
      'os:Show what runs in the guest'
      'net:List the network interfaces'
      'routes:List the routes'
      'users:List who is logged in'
      'load:Show the load averages'
      'top:Show what goes on in a guest\: load, processors, memory, disks and network'
      'time:Show the guest'\''s clock, or set it'
      'cpus:List the processors, or switch some on or off'
      'memory:List the blocks of memory, or switch some on or off'
      'fs:List the mounted filesystems'
      'disks:List the disks and partitions'
      'trim:Give the space that filesystems do not use back to the host'
      'freeze:Freeze filesystems\: while a command runs, for some time, or until a thaw'
      'status:Tell whether filesystems are frozen'
      'thaw:Thaw what is frozen'
      'passwd:Set a user'\''s password, which is asked for or read from standard input'
      'shutdown:Shut the guest down'
      'reboot:Reboot the guest'
      'halt:Halt the guest, powered'
      'suspend:Put the guest to sleep'
      'keys:List or change the keys with which a user may log in by SSH'
      )
      _describe command commands
      return
      ;;
    arguments) command=$words[1] ;;
    *) return ;;
  esac

  case $command in
    keys)
      if ((CURRENT == 2)); then
        local -a members=(
      'list:List the keys with which a user may log in by SSH'
      'add:Add keys'
      'remove:Remove keys'
      'replace:Put keys in the place of all that are there'
        )
        _describe command members
        return
      fi
      command+=" $words[2]"
      shift words
      ((CURRENT--))
      ;;
  esac

  case $command in
    'ping') _arguments -S $flags ;;
    'info') _arguments -S $flags ;;
    'call') _arguments -S $flags \
      '1:command:_guestctl_agent_command' \
      '2:json:' ;;
    'wait') _arguments -S $flags \
      '--interval[Time between two looks]:time:' \
      '1:kind:(agent command process address)' \
      '2:which:' ;;
    'doctor') _arguments -S $flags ;;
    'targets') _arguments -S $help ;;
    'completion') _arguments -S $help \
      '1:kind:(bash fish zsh)' ;;
    'exec') _arguments -S $flags \
      '*--env[A variable of the environment]:NAME=VALUE:' \
      '*-e[A variable of the environment]:NAME=VALUE:' \
      '--input[Hand standard input on, all of it]' \
      '-i[Hand standard input on, all of it]' \
      '--no-input[Do not hand standard input on, all of it]' \
      '*:command:' ;;
    'cp') _arguments -S $flags \
      '--recursive[Copy folders with everything in them]' \
      '-r[Copy folders with everything in them]' \
      '--no-verify[Do not compare the checksums of originals and copies]' \
      '--no-resume[Copy all of it anew, also what is there already]' \
      '--no-preserve-mode[Do not give the copies the permissions of the originals]' \
      '*:file:_files' ;;
    'cat') _arguments -S $flags \
      '*:path:' ;;
    'write') _arguments -S $flags \
      '--append[Add to the end of the file]' \
      '--atomic[Put the file in its place when all of it is there]' \
      '--mode[The permissions of the file, in octal]:mode:' \
      '1:path:' ;;
    'os') _arguments -S $flags ;;
    'net') _arguments -S $flags ;;
    'routes') _arguments -S $flags ;;
    'users') _arguments -S $flags ;;
    'load') _arguments -S $flags ;;
    'top') _arguments -S $flags \
      '--interval[Time between two pictures]:time:' \
      '--count[How many pictures, 0 for no end]:number:' ;;
    'time') _arguments -S $flags \
      '--set[Set the clock]:time:' \
      '--sync[Set the clock to this host'\''s]' \
      '--hardware[Set the clock to the hardware clock of the machine]' ;;
    'cpus') _arguments -S $flags \
      '--enable[Switch processors on]:ids:' \
      '--disable[Switch processors off]:ids:' ;;
    'memory') _arguments -S $flags \
      '--online[Switch blocks on]:ids:' \
      '--offline[Switch blocks off]:ids:' ;;
    'fs') _arguments -S $flags ;;
    'disks') _arguments -S $flags ;;
    'trim') _arguments -S $flags \
      '--minimum[The smallest free range worth the trouble]:bytes:' ;;
    'freeze') _arguments -S $flags \
      '--for[The most that the guest stays frozen]:time:' \
      '*--mount[Freeze what is mounted there and nothing else]:path:' \
      '*:command:_command_names -e' ;;
    'status') _arguments -S $flags ;;
    'thaw') _arguments -S $flags ;;
    'passwd') _arguments -S $flags \
      '--crypted[The password is encrypted already, as crypt]' \
      '1:user:' ;;
    'keys list') _arguments -S $flags \
      '1:user:' ;;
    'keys add') _arguments -S $flags \
      '1:user:' \
      '2:file:_files' ;;
    'keys remove') _arguments -S $flags \
      '1:user:' \
      '2:file:_files' ;;
    'keys replace') _arguments -S $flags \
      '1:user:' \
      '2:file:_files' ;;
    'shutdown') _arguments -S $flags ;;
    'reboot') _arguments -S $flags ;;
    'halt') _arguments -S $flags ;;
    'suspend') _arguments -S $flags \
      '1:kind:(disk ram hybrid)' ;;
  esac
}

_guestctl "$@"
