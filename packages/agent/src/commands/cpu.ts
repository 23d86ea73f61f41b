import { cpuCommands } from '@guestwire/protocol/contract';
import { parseCpuStatistics } from '../guest/cpu/cpu-statistics.js';
import { listProcessors, switchProcessor } from '../guest/cpu/processors.js';
import type { GuestSystem } from '../guest/guest-system.js';
import { readSystemFile } from '../guest/system-file.js';
import { attempt } from '../operation-error.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

const STAT = '/proc/stat';

/** The line of interrupts is long with thousands of devices. */
const STAT_LIMIT_BYTES = 64 << 20;

/** Returns the commands on processors (qemu-ga §5.17). */
export function cpuModule({
  log,
  root,
}: Pick<GuestSystem, 'log' | 'root'>): CommandModule<typeof cpuCommands> {
  return builtInModule({
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
            // The reply has only the number.
            log.warning(`after ${processed} processors: ${error instanceof Error ? error.message : error}`);
            break;
          }
          processed += 1;
        }
        return processed;
      },

      'guest-get-cpustats'() {
        const stat = attempt(`open("${STAT}")`, () => readSystemFile(`${root}${STAT}`, STAT_LIMIT_BYTES));
        const invalid = () => log.syslog(`Parsing cpu stat from ${STAT} failed, see "man proc"`);
        return parseCpuStatistics(stat.toString('latin1'), invalid);
      },
    },
  });
}
