import { buildRouteMap } from '@stricli/core';
import { accountRoutes } from './accounts.js';
import { fileRoutes } from './files.js';
import { sessionRoutes } from './session.js';
import { storageRoutes } from './storage.js';
import { powerRoutes, systemRoutes } from './system.js';

/** All commands. Each module is loaded when its command is called. */
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
    brief: 'Control the agent in a virtual machine',
    fullDescription: [
      'Controls the QEMU guest agent in a virtual machine, guestd or qemu-ga, from its host.',
      '',
      'Exit status: 0 success; 1 the guest returned an error; 2 usage error; 3 no connection, or no reply in time;',
      '4 protocol error; 70 internal error; 128 and the signal number if ended by a signal. For several guests, the',
      'highest.',
    ].join('\n'),
  },
});
