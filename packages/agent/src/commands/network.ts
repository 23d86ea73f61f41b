import { type GuestNetworkInterface, networkCommands } from '@guestwire/protocol/contract';
import { decodeText } from '@guestwire/protocol/wire';
import { parseInterfaceStatistics } from '../guest/network/interface-statistics.js';
import { type NamedInterface, readInterfaces } from '../guest/network/interfaces.js';
import { kernelNetlink, type RouteNetlink } from '../guest/network/netlink.js';
import { readRoutes } from '../guest/network/routes.js';
import { readSystemFile, SystemFileError } from '../guest/system-file.js';
import type { Logger } from '../log/logger.js';
import { attempt } from '../operation-error.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

/** The guest's network interfaces, their addresses, and its routes (qemu-ga §5.16, §5.18). */
export function networkModule(
  { log, root }: { readonly log: Logger; readonly root: string },
  netlink: RouteNetlink = kernelNetlink,
): CommandModule<typeof networkCommands> {
  const statisticsOf = (): ReturnType<typeof parseInterfaceStatistics> => {
    try {
      return parseInterfaceStatistics(decodeText(readSystemFile(`${root}/proc/net/dev`)));
    } catch (error) {
      if (!(error instanceof SystemFileError)) throw error;
      log.debug(`no statistics of network interfaces: ${error.message}`);
      return new Map();
    }
  };

  return builtInModule({
    schema: networkCommands,
    handlers: {
      'guest-network-get-interfaces'() {
        const statistics = statisticsOf();
        return attempt('getifaddrs failed', () => readInterfaces(netlink)).map(
          ({ name, hardwareAddress, addresses }) => {
            const reply: GuestNetworkInterface = { name };
            if (hardwareAddress !== undefined) reply['hardware-address'] = hardwareAddress;
            if (addresses.length === 0) return reply;
            reply['ip-addresses'] = addresses.map(replyOf);
            // As in the reference, an interface without an address has none.
            const passed = statistics.get(name);
            if (passed !== undefined) reply.statistics = passed;
            return reply;
          },
        );
      },
      'guest-network-get-route': () => readRoutes(root),
    },
  });
}

function replyOf({ version, text, prefix }: NamedInterface['addresses'][number]) {
  return { 'ip-address': text, 'ip-address-type': version === 4 ? 'ipv4' : 'ipv6', prefix } as const;
}
