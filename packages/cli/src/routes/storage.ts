import { buildCommand } from '@stricli/core';
import { guestFlags, span, texts, wholeNumber } from '../parameters.js';
import { plainCommand, word } from './build.js';

/** Disks and filesystems. */
export const storageRoutes = {
  fs: plainCommand(async () => (await import('../commands/fs.js')).default, 'List the mounted filesystems'),
  disks: plainCommand(
    async () => (await import('../commands/disks.js')).default,
    'List the disks and partitions',
  ),
  trim: buildCommand({
    loader: async () => (await import('../commands/trim.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        minimum: {
          kind: 'parsed',
          parse: wholeNumber(0),
          optional: true,
          placeholder: 'bytes',
          brief: 'The smallest free range worth the trouble',
        },
      },
    },
    docs: { brief: 'Give the space that filesystems do not use back to the host' },
  }),
  freeze: buildCommand({
    loader: async () => (await import('../commands/freeze.js')).default,
    parameters: {
      flags: {
        ...guestFlags,
        for: span('The most that the guest stays frozen'),
        mount: texts('path', 'Freeze what is mounted there and nothing else; may be given several times'),
      },
      positional: {
        kind: 'array',
        parameter: word(
          'command',
          'A command of this host to run meanwhile, with its arguments; write -- before them',
          () => [':commands'],
        ),
      },
    },
    docs: {
      brief: 'Freeze filesystems: while a command runs, for some time, or until a thaw',
      fullDescription: [
        'Writes out and freezes the filesystems of the guest, runs a command on this host, and thaws them, whatever happens: also when',
        'the command fails, and at SIGINT and SIGTERM. The exit status is that of the command, or 1 if the guest was thawed before the',
        'command had ended. Without a command, they are frozen for as long as --for says; without that too, until somebody thaws them.',
        'Several guests are all frozen before the command is run.',
      ].join('\n'),
    },
  }),
  status: plainCommand(
    async () => (await import('../commands/status.js')).default,
    'Tell whether filesystems are frozen',
  ),
  thaw: plainCommand(async () => (await import('../commands/thaw.js')).default, 'Thaw what is frozen'),
};
