import { buildCommand } from '@stricli/core';
import { durationFlag, guestFlags, numberFlag, plainCommand, texts, word } from '../parameters.js';

/** Disks and filesystems. */
export const storageRoutes = {
  fs: plainCommand(async () => (await import('../commands/fs.js')).default, 'List mounted filesystems'),
  disks: plainCommand(
    async () => (await import('../commands/disks.js')).default,
    'List disks and partitions',
  ),
  trim: buildCommand({
    loader: async () => (await import('../commands/trim.js')).default,
    parameters: {
      flags: { ...guestFlags, minimum: numberFlag(0, 'bytes', 'Smallest free range to discard') },
    },
    docs: { brief: 'Discard unused blocks of filesystems' },
  }),
  freeze: buildCommand({
    loader: async () => (await import('../commands/freeze.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        for: durationFlag('Longest time to stay frozen'),
        mount: texts('path', 'Freeze only the filesystem mounted there; can be repeated'),
      },
      positional: {
        kind: 'array',
        parameter: word(
          'command',
          'Command to run on this host while frozen, and its arguments; put -- before them',
          () => [':commands'],
        ),
      },
    },
    docs: {
      brief: 'Freeze filesystems while a command runs, for a time, or until a thaw',
      fullDescription: [
        'Flushes and freezes the filesystems of the guest, runs a command on this host, and thaws them in any case: also if the command',
        'fails, and on SIGINT and SIGTERM. The exit status is that of the command, or 1 if the guest was thawed before the command had',
        'ended. Without a command the filesystems stay frozen for the time of --for; without --for, until a thaw.',
        'Several guests are all frozen before the command runs.',
      ].join('\n'),
    },
  }),
  status: plainCommand(
    async () => (await import('../commands/thaw.js')).status,
    'Show whether filesystems are frozen',
  ),
  thaw: plainCommand(async () => (await import('../commands/thaw.js')).default, 'Thaw filesystems'),
};
