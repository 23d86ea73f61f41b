import { errnoText } from '@guestwire/posix';
import { type GuestNetworkInterface, networkCommands } from '@guestwire/protocol/contract';
import { decodeText } from '@guestwire/protocol/wire';
import type { GuestSystem } from '../guest/guest-system.js';
import { parseInterfaceStatistics, readInterfaces } from '../guest/network/interfaces.js';
import { kernelNetlink, type RouteNetlink } from '../guest/network/netlink.js';
import { readRoutes } from '../guest/network/routes.js';
import { readSystemFile } from '../guest/system-file.js';
import { attempt } from '../operation-error.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

/** Returns the commands on network interfaces, addresses and routes (qemu-ga §5.16, §5.18). */
export function networkModule(
  { log, root }: Pick<GuestSystem, 'log' | 'root'>,
  netlink: RouteNetlink = kernelNetlink,
): CommandModule<typeof networkCommands> {
  const readStatistics = (): ReturnType<typeof parseInterfaceStatistics> => {
    try {
      return parseInterfaceStatistics(decodeText(readSystemFile(`${root}/proc/net/dev`)));
    } catch (error) {
      log.debug(`cannot read statistics of network interfaces: ${errnoText(error)}`);
      return new Map();
    }
  };

  return builtInModule({
    schema: networkCommands,
    handlers: {
      'guest-network-get-interfaces'() {
        const statistics = readStatistics();
        const interfaces = attempt('getifaddrs failed', () => readInterfaces(netlink));
        return interfaces.map(({ name, hardwareAddress, addresses }) => {
          const reply: GuestNetworkInterface = { name };
          if (hardwareAddress !== undefined) reply['hardware-address'] = hardwareAddress;
          // As in qemu-ga, an interface without an address has no statistics.
          if (addresses.length === 0) return reply;
          reply['ip-addresses'] = addresses;
          const counters = statistics.get(name);
          if (counters !== undefined) reply.statistics = counters;
          return reply;
        });
      },
      'guest-network-get-route': () => readRoutes(root),
    },
  });
}
