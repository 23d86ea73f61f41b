import { type CommandOutline, type Completes, firstWords, type Outline } from './outline.js';

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}

/** The options of `complete` for a value or word. */
function completed(completes: Completes, agentCommands: readonly string[]): string {
  switch (completes.kind) {
    case 'target':
      return "-x -a '(__guestctl_targets)'";
    case 'file':
      return '-r -F';
    case 'localCommand':
      return "-x -a '(__fish_complete_command)'";
    case 'agentCommand':
      return `-x -a ${quoted(agentCommands.join(' '))}`;
    case 'choice':
      return `-x -a ${quoted(completes.words.join(' '))}`;
    case 'nothing':
      return '-x';
  }
}

function commandLines(command: CommandOutline, agentCommands: readonly string[]): string[] {
  const start = `complete -c guestctl -n ${quoted(`__guestctl_is ${command.words.join(' ')}`)}`;
  const flags = command.flags.map(({ name, letter, brief, value }) =>
    [
      start,
      ...(letter === undefined ? [] : [`-s ${letter}`]),
      `-l ${name}`,
      ...(value === undefined ? [] : [completed(value, agentCommands)]),
      `-d ${quoted(brief)}`,
    ].join(' '),
  );
  const words = command.positional
    .filter(({ completes }) => completes.kind !== 'nothing')
    .map(({ completes }) => `${start} ${completed(completes, agentCommands)}`);
  return [...flags, ...words];
}

/** Completion for fish. */
export function fish(outline: Outline, agentCommands: readonly string[]): string {
  const first = firstWords(outline).map(
    ({ word, brief }) => `complete -c guestctl -n '__guestctl_is' -a ${word} -d ${quoted(brief)}`,
  );
  const members = outline.groups.flatMap(({ word, members }) => {
    const condition = quoted(
      `__guestctl_is ${word}; and not __fish_seen_subcommand_from ${members.join(' ')}`,
    );
    return members.map((member) => {
      const brief =
        outline.commands.find(({ words }) => words.join(' ') === `${word} ${member}`)?.brief ?? '';
      return `complete -c guestctl -n ${condition} -a ${member} -d ${quoted(brief)}`;
    });
  });
  return `\
# fish completion for guestctl, as \`guestctl completion fish\` prints it

function __guestctl_targets
    guestctl targets 2>/dev/null | awk 'NR > 1 { print $1 }'
    printf '%s\\n' unix: libvirt: libvirt+ vsock: tcp: pty: exec:
end

# Whether these are the words of the command that stand there; without words, whether none does yet.
function __guestctl_is
    set -l words (commandline -opc)
    set -e words[1]
    if test (count $argv) -eq 0
        test (count $words) -eq 0
        return
    end
    test (count $words) -ge (count $argv); and test "$words[1..$(count $argv)]" = "$argv"
end

complete -c guestctl -f
complete -c guestctl -n '__guestctl_is' -s v -l version -d 'Print the version'
complete -c guestctl -s h -l help -d 'Print a summary'
${[...first, ...members, ...outline.commands.flatMap((command) => commandLines(command, agentCommands))].join('\n')}
`;
}
