import { buildCommand } from '@stricli/core';
import { guestFlags, wholeNumber } from '../parameters.js';
import { plainCommand } from './build.js';

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
  status: plainCommand(
    async () => (await import('../commands/status.js')).default,
    'Tell whether filesystems are frozen',
  ),
  thaw: plainCommand(async () => (await import('../commands/thaw.js')).default, 'Thaw what is frozen'),
};
