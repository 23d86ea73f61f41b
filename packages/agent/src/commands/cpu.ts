import { CommandError, cpuCommands } from '@guestwire/protocol';
import { type CommandModule, commandModule } from '../command-module.js';
import { parseCpuStatistics } from '../linux/cpu-statistics.js';
import { strerror } from '../linux/errno.js';
import { listProcessors, switchProcessor } from '../linux/processors.js';
import { readSystemFile, SystemFileError } from '../linux/system-file.js';
import type { Services } from '../services.js';

const STAT = '/proc/stat';

/** A line of interrupts for thousands of devices is long. */
const STAT_LIMIT = 64 << 20;

/** The commands about processors (qemu-ga §5.17). */
export function cpuModule({
  log,
  system,
}: Pick<Services, 'log' | 'system'>): CommandModule<typeof cpuCommands> {
  const { root } = system;
  return commandModule({
    schema: cpuCommands,
    handlers: {
      'guest-get-vcpus': () => listProcessors(root),

      async 'guest-set-vcpus'({ vcpus }) {
        let processed = 0;
        for (const { 'logical-id': id, online } of vcpus) {
          try {
            await switchProcessor(root, id, online);
          } catch (error) {
            if (processed === 0) throw error;
            // The host learns of it by the number, and of the reason if it asks for the rest.
            log.warning(`after ${processed} processors: ${error instanceof Error ? error.message : error}`);
            break;
          }
          processed += 1;
        }
        return processed;
      },

      'guest-get-cpustats'() {
        const broken = () => log.syslog(`Parsing cpu stat from ${STAT} failed, see "man proc"`);
        return parseCpuStatistics(readStat(root), broken);
      },
    },
  });
}

function readStat(root: string): string {
  try {
    return readSystemFile(`${root}${STAT}`, STAT_LIMIT).toString('latin1');
  } catch (cause) {
    if (!(cause instanceof SystemFileError)) throw cause;
    throw new CommandError(`open("${STAT}"): ${strerror(cause.errno)}`, { cause });
  }
}
