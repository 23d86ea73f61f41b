import {
  command,
  flag,
  guestFlags,
  localFile,
  octalMode,
  text,
  texts,
  tuple,
  word,
  words,
} from '../parameters.js';

/** Programs and files of the guest. */
export const fileRoutes = {
  exec: command(
    'Run a program in the guest',
    () => import('../commands/exec.js'),
    {
      flags: {
        ...guestFlags,
        env: texts('NAME=VALUE', 'Environment variable (then the only ones besides PATH); can be repeated'),
        input: {
          kind: 'boolean',
          optional: true,
          brief: 'Pass standard input to the program (default: unless it is a terminal)',
        },
      },
      aliases: { e: 'env', i: 'input' },
      positional: words(
        1,
        word('command', 'Program and its arguments; put -- before them if one begins with a hyphen'),
      ),
    },
    'Runs a program in the guest, without a shell, and prints its output when it has ended.',
    'The exit status is that of the program, or 128 and the number of the signal that killed it. The exit statuses of',
    'guestctl, which a program can return too, mean that it was not run: see guestctl(1).',
    '--timeout limits the run time of the program, which is then killed.',
  ),
  cp: command(
    'Copy files and directories to or from the guest',
    () => import('../commands/cp.js'),
    {
      flags: {
        ...guestFlags,
        recursive: flag('Copy directories recursively'),
        noVerify: flag('Do not compare checksums'),
        noResume: flag('Copy everything again, do not resume or skip files'),
        noPreserveMode: flag('Do not preserve file modes'),
      },
      aliases: { r: 'recursive' },
      positional: words(
        2,
        // Paths in the guest are unknown here.
        word('file', 'Sources and destination; one side is guest:PATH', (partial) =>
          /^[\w.-]*:/.test(partial) ? [] : localFile(),
        ),
      ),
    },
    'Copies files and directories between this host and a guest. guest:PATH is a path in the guest of --to or GUESTCTL_TARGET,',
    'NAME:PATH a path in the guest NAME of the targets file. A file is copied into an existing directory; a directory becomes the',
    'destination itself, unless that ends with a slash. To resume an interrupted copy, run the same command again.',
    '--timeout limits the time of the whole copy (default: no limit).',
  ),
  cat: command('Print files of the guest', () => import('../commands/cat.js'), {
    flags: guestFlags,
    positional: words(1, word('path', 'Path of a file in the guest')),
  }),
  write: command('Write standard input to a file of the guest', () => import('../commands/write.js'), {
    flags: {
      ...guestFlags,
      append: flag('Append to the file'),
      atomic: flag('Replace the file in one step when all data has arrived'),
      mode: { ...text('mode', 'File mode in octal: 0644'), parse: octalMode },
    },
    positional: tuple(word('path', 'Path of the file in the guest')),
  }),
};
