import { CommandError, decodeText, type GuestNetworkInterface, networkCommands } from '@guestwire/protocol';
import { type CommandModule, commandModule } from '../command-module.js';
import { errnoText } from '../linux/errno.js';
import { parseInterfaceStatistics } from '../linux/interface-statistics.js';
import { type NamedInterface, readInterfaces } from '../linux/interfaces.js';
import { kernelNetlink, type RouteNetlink } from '../linux/netlink.js';
import { readRoutes } from '../linux/routes.js';
import { readSystemFile, SystemFileError } from '../linux/system-file.js';
import type { Services } from '../services.js';

/** The guest's network interfaces, their addresses, and its routes (qemu-ga §5.16, §5.18). */
export function networkModule(
  { log, system }: Pick<Services, 'log' | 'system'>,
  netlink: RouteNetlink = kernelNetlink,
): CommandModule<typeof networkCommands> {
  const statisticsOf = (): ReturnType<typeof parseInterfaceStatistics> => {
    try {
      return parseInterfaceStatistics(decodeText(readSystemFile(`${system.root}/proc/net/dev`)));
    } catch (error) {
      if (!(error instanceof SystemFileError)) throw error;
      log.debug(`no statistics of network interfaces: ${error.message}`);
      return new Map();
    }
  };

  return commandModule({
    schema: networkCommands,
    handlers: {
      'guest-network-get-interfaces'() {
        const statistics = statisticsOf();
        return interfaces(netlink).map(({ name, hardwareAddress, addresses }) => {
          const reply: GuestNetworkInterface = { name };
          if (hardwareAddress !== undefined) reply['hardware-address'] = hardwareAddress;
          if (addresses.length === 0) return reply;
          reply['ip-addresses'] = addresses.map(replyOf);
          // As in the reference, an interface without an address has none.
          const passed = statistics.get(name);
          if (passed !== undefined) reply.statistics = passed;
          return reply;
        });
      },
      'guest-network-get-route': () => readRoutes(system.root),
    },
  });
}

function interfaces(netlink: RouteNetlink): NamedInterface[] {
  try {
    return readInterfaces(netlink);
  } catch (cause) {
    throw new CommandError(`getifaddrs failed: ${errnoText(cause)}`, { cause });
  }
}

function replyOf({ version, text, prefix }: NamedInterface['addresses'][number]) {
  return { 'ip-address': text, 'ip-address-type': version === 4 ? 'ipv4' : 'ipv6', prefix } as const;
}
