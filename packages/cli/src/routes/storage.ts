import {
  command,
  durationFlag,
  guestFlags,
  numberFlag,
  plainCommand,
  texts,
  word,
  words,
} from '../parameters.js';

/** Disks and filesystems. */
export const storageRoutes = {
  fs: plainCommand('List mounted filesystems', () => import('../commands/fs.js')),
  disks: plainCommand('List disks and partitions', () => import('../commands/disks.js')),
  trim: command('Discard unused blocks of filesystems', () => import('../commands/trim.js'), {
    flags: { ...guestFlags, minimum: numberFlag(0, 'bytes', 'Smallest free range to discard') },
  }),
  freeze: command(
    'Freeze filesystems while a command runs, for a time, or until a thaw',
    () => import('../commands/freeze.js'),
    {
      flags: {
        ...guestFlags,
        for: durationFlag('Longest time to stay frozen'),
        mount: texts('path', 'Freeze only the filesystem mounted there; can be repeated'),
      },
      positional: words(
        0,
        word(
          'command',
          'Command to run on this host while frozen, and its arguments; put -- before them',
          () => [':commands'],
        ),
      ),
    },
    'Flushes and freezes the filesystems of the guest, runs a command on this host, and thaws them in any case: also if the command',
    'fails, and on SIGINT and SIGTERM. The exit status is that of the command, or 1 if the guest was thawed before the command had',
    'ended. Without a command the filesystems stay frozen for the time of --for; without --for, until a thaw.',
    'Several guests are all frozen before the command runs.',
  ),
  status: plainCommand(
    'Show whether filesystems are frozen',
    async () => (await import('../commands/thaw.js')).status,
  ),
  thaw: plainCommand('Thaw filesystems', () => import('../commands/thaw.js')),
};
