import { listeningChannel } from '../../src/channel/listening.js';
import { listensForHosts } from '../support/listening-contract.js';
import { listeningDescriptor } from '../support/listening-descriptor.js';

listensForHosts('a channel over a listening descriptor', (path) =>
  listeningChannel(path, () => listeningDescriptor(path)),
);
