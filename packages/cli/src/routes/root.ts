import { buildRouteMap } from '@stricli/core';
import { accountRoutes } from './accounts.js';
import { fileRoutes } from './files.js';
import { powerRoutes } from './power.js';
import { sessionRoutes } from './session.js';
import { storageRoutes } from './storage.js';
import { systemRoutes } from './system.js';

/** All commands. Each is loaded when it is called. */
export const root = buildRouteMap({
  routes: {
    ...sessionRoutes,
    ...fileRoutes,
    ...systemRoutes,
    ...storageRoutes,
    ...accountRoutes,
    ...powerRoutes,
  },
  docs: {
    brief: 'Talk to the agent inside a virtual machine',
    fullDescription: [
      'Talks to the QEMU guest agent inside a virtual machine, guestd or qemu-ga, from its host.',
      '',
      'Exit status: 0 success; 1 the guest answered an error; 2 the command line makes no sense; 3 no connection,',
      'or no answer in time; 4 the answer is not as agreed; 70 a mistake in guestctl; 128 and its number if a signal',
      'ended it. Of several guests, the highest.',
    ].join('\n'),
  },
});
