import {
  type CommandOutline,
  type Completes,
  type FlagOutline,
  firstWords,
  type Outline,
} from './outline.js';

/** Text within single quotes, where brackets and colons mean something to `_arguments`. */
function escaped(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&').replaceAll("'", "'\\''");
}

function action(completes: Completes): string {
  switch (completes.kind) {
    case 'target':
      return '_guestctl_target';
    case 'file':
      return '_files';
    case 'localCommand':
      return '_command_names -e';
    case 'agentCommand':
      return '_guestctl_agent_command';
    case 'choice':
      return `(${completes.words.join(' ')})`;
    case 'nothing':
      return '';
  }
}

function flagSpecs({ name, letter, brief, value, repeated }: FlagOutline): string[] {
  const names = [`--${name}`, ...(letter === undefined ? [] : [`-${letter}`])];
  return names.map((option) => {
    const suffix = value === undefined ? '' : `:${escaped(value.placeholder)}:${action(value)}`;
    return `'${repeated ? '*' : ''}${option}[${escaped(brief)}]${suffix}'`;
  });
}

function commandBranch(command: CommandOutline): string {
  const flags = command.flags.filter(({ name }) => !common.has(name)).flatMap(flagSpecs);
  const words = command.positional.map(
    ({ placeholder, completes, repeated }, i) =>
      `'${repeated ? '*' : i + 1}:${escaped(placeholder)}:${action(completes)}'`,
  );
  const shared = command.flags.some(({ name }) => name === 'to') ? '$flags' : '$help';
  return `    '${command.words.join(' ')}') _arguments -S ${[shared, ...flags, ...words].join(' \\\n      ')} ;;`;
}

const common: ReadonlySet<string> = new Set(['to', 'timeout', 'parallel', 'json']);

function described(list: readonly { readonly word: string; readonly brief: string }[]): string {
  return list.map(({ word, brief }) => `      '${word}:${escaped(brief)}'`).join('\n');
}

/** Completion for zsh. */
export function zsh(outline: Outline, agentCommands: readonly string[]): string {
  const flags = outline.commands[0]?.flags.filter(({ name }) => common.has(name)) ?? [];
  const briefOf = (words: readonly string[]): string =>
    outline.commands.find((command) => command.words.join(' ') === words.join(' '))?.brief ?? '';
  return `\
#compdef guestctl
# zsh completion for guestctl, as \`guestctl completion zsh\` prints it

_guestctl_target() {
  local -a names
  if compset -P '(unix|pty):'; then
    _files
  elif compset -P 'libvirt:'; then
    names=(\${(f)"$(virsh -q list --name 2>/dev/null)"})
    compadd -a names
  else
    names=(\${(f)"$(guestctl targets 2>/dev/null | awk 'NR > 1 { print $1 }')"})
    compadd -a names
    compadd -S '' -- unix: libvirt: libvirt+ vsock: tcp: pty: exec:
  fi
}

_guestctl_agent_command() {
  compadd -- ${agentCommands.join(' ')}
}

_guestctl() {
  local state command
  local -a help=('(- *)'{-h,--help}'[print a summary]')
  local -a flags=(
    $help
${flags
  .flatMap(flagSpecs)
  .map((spec) => `    ${spec}`)
  .join('\n')}
  )

  _arguments -C \\
    '(- *)'{-h,--help}'[print a summary]' \\
    '(- *)'{-v,--version}'[print the version]' \\
    '1: :->command' \\
    '*:: :->arguments'

  case $state in
    command)
      local -a commands=(
${described(firstWords(outline))}
      )
      _describe command commands
      return
      ;;
    arguments) command=$words[1] ;;
    *) return ;;
  esac

  case $command in
${outline.groups
  .map(
    ({ word, members }) => `    ${word})
      if ((CURRENT == 2)); then
        local -a members=(
${described(members.map((member) => ({ word: member, brief: briefOf([word, member]) })))}
        )
        _describe command members
        return
      fi
      command+=" $words[2]"
      shift words
      ((CURRENT--))
      ;;`,
  )
  .join('\n')}
  esac

  case $command in
${outline.commands.map(commandBranch).join('\n')}
  esac
}

_guestctl "$@"
`;
}
