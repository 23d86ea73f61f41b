import { listeningTransport } from '../../../src/transport/listening.js';
import { listensForHosts } from '../../support/listening-contract.js';
import { listeningDescriptor } from '../../support/listening-descriptor.js';

listensForHosts('listeningTransport', (path) => listeningTransport(() => listeningDescriptor(path)));
