import { type CommandOutline, type Completes, firstWords, type Outline } from './outline.js';

/** What fills COMPREPLY; `agentCommands` are the names of the contract. */
function filled(completes: Completes, agentCommands: readonly string[]): string {
  switch (completes.kind) {
    case 'target':
      return '_guestctl_targets "$word"';
    case 'file':
      return '_guestctl_files "$word"';
    case 'localCommand':
      return 'COMPREPLY=($(compgen -c -- "$word"))';
    case 'agentCommand':
      return `COMPREPLY=($(compgen -W '${agentCommands.join(' ')}' -- "$word"))`;
    case 'choice':
      return `COMPREPLY=($(compgen -W '${completes.words.join(' ')}' -- "$word"))`;
    case 'nothing':
      return ':';
  }
}

function flagWords({ flags }: CommandOutline): string[] {
  return [...flags.map(({ name }) => `--${name}`), '--help'];
}

/** One branch for each way to complete the value of a flag. */
function valueBranches({ commands }: Outline, agentCommands: readonly string[]): string[] {
  const branches = new Map<string, Set<string>>();
  for (const { name, letter, value } of commands.flatMap(({ flags }) => flags)) {
    if (value === undefined) continue;
    const action = filled(value, agentCommands);
    const names = branches.get(action) ?? new Set();
    branches.set(action, names.add(`--${name}`));
    if (letter !== undefined) names.add(`-${letter}`);
  }
  return Array.from(branches, ([action, names]) => `    ${[...names].join(' | ')}) ${action} && return ;;`);
}

function commandBranch(command: CommandOutline, agentCommands: readonly string[]): string {
  const action = command.positional
    .map(({ completes }) => filled(completes, agentCommands))
    .find((text) => text !== ':');
  return [
    `    '${command.words.join(' ')}')`,
    `      flags='${flagWords(command).join(' ')}'`,
    ...(action === undefined ? [] : [`      [[ $word == -* ]] || ${action}`]),
    '      ;;',
  ].join('\n');
}

/** Completion for bash. */
export function bash(outline: Outline, agentCommands: readonly string[]): string {
  return `\
# bash completion for guestctl, as \`guestctl completion bash\` prints it

_guestctl_targets() {
  local names
  names=$(guestctl targets 2>/dev/null | awk 'NR > 1 { print $1 }')
  COMPREPLY=($(compgen -W "$names unix: libvirt: libvirt+ vsock: tcp: pty: exec:" -- "$1"))
  [[ \${#COMPREPLY[@]} != 1 || $COMPREPLY != *[:+] ]] || compopt -o nospace
}

_guestctl_files() {
  compopt -o filenames
  COMPREPLY=($(compgen -f -- "$1"))
}

_guestctl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command=\${COMP_WORDS[1]} flags=''
  COMPREPLY=()

  # The colon of unix:PATH and libvirt:DOMAIN ends a word for bash.
  if [[ $word == : ]]; then
    before=: word=''
    set -- "\${COMP_WORDS[COMP_CWORD - 1]}"
  else
    set -- "\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  if [[ $before == : ]]; then
    case $1 in
      unix | pty) _guestctl_files "$word" ;;
      libvirt) COMPREPLY=($(compgen -W "$(virsh -q list --name 2>/dev/null)" -- "$word")) ;;
    esac
    return
  fi

  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${firstWords(outline)
      .map(({ word }) => word)
      .join(' ')} --help --version' -- "$word"))
    return
  fi
  case $command in
${outline.groups
  .map(
    ({ word, members }) => `    ${word})
      if ((COMP_CWORD == 2)); then
        COMPREPLY=($(compgen -W '${members.join(' ')} --help' -- "$word"))
        return
      fi
      command+=" \${COMP_WORDS[2]}"
      ;;`,
  )
  .join('\n')}
  esac

  case $before in
${valueBranches(outline, agentCommands).join('\n')}
  esac

  case $command in
${outline.commands.map((command) => commandBranch(command, agentCommands)).join('\n')}
  esac
  [[ $word != -* ]] || COMPREPLY=($(compgen -W "$flags" -- "$word"))
}

complete -F _guestctl guestctl
`;
}
