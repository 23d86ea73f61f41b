import { hostname, machine, release, version } from 'node:os';
import { CommandError } from '@guestwire/protocol';
import { type GuestOSInfo, systemCommands } from '@guestwire/protocol/contract';
import { type HelperOptions, runHelper } from '../exec/helper.js';
import type { GuestSystem } from '../guest/guest-system.js';
import { readOsRelease } from '../guest/system/os-release.js';
import { localZone } from '../guest/system/time-zone.js';
import { readLogins, utmpLayout } from '../guest/system/utmp.js';
import { systemClock, type WallClock } from '../guest/system/wall-clock.js';
import { readSystemFile, SystemFileError } from '../guest/system-file.js';
import type { Logger } from '../log/logger.js';
import { attempt } from '../operation-error.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

const HWCLOCK = '/sbin/hwclock';
const UTMP = '/var/run/utmp';

/** Some 170,000 records. */
const UTMP_LIMIT = 64 << 20;

/** Years that the guest's clock can be set to: from the first, up to and without the last. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2070;

/** The members of `GuestOSInfo` that come from the file os-release, and their keys there. */
const RELEASE_KEYS = [
  ['id', 'ID'],
  ['name', 'NAME'],
  ['pretty-name', 'PRETTY_NAME'],
  ['version', 'VERSION'],
  ['version-id', 'VERSION_ID'],
  ['variant', 'VARIANT'],
  ['variant-id', 'VARIANT_ID'],
] as const satisfies readonly (readonly [keyof GuestOSInfo, string])[];

/** What the system commands use. */
export interface SystemOptions extends GuestSystem, HelperOptions {
  readonly log: Logger;
}

/** What the guest runs, what time it is there, and who is logged in (qemu-ga §5.6, §5.18). */
export function systemModule(
  options: SystemOptions,
  clock: WallClock = systemClock,
): CommandModule<typeof systemCommands> {
  const { root } = options;

  const setClock = (nanoseconds: bigint): void => {
    const seconds = nanoseconds / 1_000_000_000n;
    const { offset } = localZone(options)(Number(seconds));
    const year = new Date((Number(seconds) + offset) * 1000).getUTCFullYear();
    if (year < FIRST_YEAR || year >= LAST_YEAR) throw new CommandError('Invalid time');
    const microseconds = (nanoseconds % 1_000_000_000n) / 1000n;
    attempt('Failed to set time to guest', () => clock.set(seconds, microseconds));
  };

  return builtInModule({
    schema: systemCommands,
    handlers: {
      'guest-get-time': () => clock.now() * 1000n,
      async 'guest-set-time'({ time }) {
        if (time !== undefined) setClock(BigInt(time));
        await runHelper(
          {
            name: HWCLOCK,
            args: [time === undefined ? '-s' : '-w'],
            file: `${root}${HWCLOCK}`,
            action: 'set hardware clock to system time',
          },
          options,
        );
      },
      'guest-get-host-name': () => ({ 'host-name': hostname() }),
      'guest-get-users': () => readUtmp(root).map(({ user, since }) => ({ user, 'login-time': since })),
      'guest-get-timezone'() {
        const { offset, abbreviation } = localZone(options)(Date.now() / 1000);
        return { zone: abbreviation, offset };
      },
      'guest-get-osinfo'() {
        const info: GuestOSInfo = {
          'kernel-release': release(),
          'kernel-version': version(),
          machine: machine(),
        };
        const told = readOsRelease(options);
        for (const [member, key] of RELEASE_KEYS) {
          const value = told(key);
          if (value !== undefined) info[member] = value;
        }
        return info;
      },
      'guest-get-load'() {
        const [load1m = 0, load5m = 0, load15m = 0] = readLoad(root);
        return { load1m, load5m, load15m };
      },
    },
  });
}

/** A guest without the file has nobody logged in. */
function readUtmp(root: string): ReturnType<typeof readLogins> {
  try {
    return readLogins(readSystemFile(`${root}${UTMP}`, UTMP_LIMIT), utmpLayout());
  } catch (error) {
    if (error instanceof SystemFileError) return [];
    throw error;
  }
}

const LOAD = /^([\d.]+) ([\d.]+) ([\d.]+) /;

/** The averages over one, five and fifteen minutes. */
function readLoad(root: string): readonly number[] {
  const text = attempt('cannot query load average', () => readSystemFile(`${root}/proc/loadavg`));
  const found = LOAD.exec(text.toString('latin1'));
  if (found === null) throw new CommandError('cannot query load average: /proc/loadavg has none');
  return found.slice(1).map(Number);
}
