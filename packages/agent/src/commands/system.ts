import { hostname, machine, release, version } from 'node:os';
import { CommandError, type GuestOSInfo, systemCommands } from '@guestwire/protocol';
import { type CommandModule, commandModule } from '../command-module.js';
import { type Clock, kernelClock } from '../linux/clock.js';
import { errnoText } from '../linux/errno.js';
import { readOsRelease } from '../linux/os-release.js';
import { runHelper } from '../linux/process.js';
import { readSystemFile, SystemFileError } from '../linux/system-file.js';
import { localZone } from '../linux/time-zone.js';
import { readLogins, utmpLayout } from '../linux/utmp.js';
import type { Services } from '../services.js';

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

/** What the guest runs, what time it is there, and who is logged in (qemu-ga §5.6, §5.18). */
export function systemModule(
  services: Services,
  clock: Clock = kernelClock,
): CommandModule<typeof systemCommands> {
  const { system } = services;

  const setClock = (nanoseconds: bigint): void => {
    const seconds = nanoseconds / 1_000_000_000n;
    const { offset } = localZone(system)(Number(seconds));
    const year = new Date((Number(seconds) + offset) * 1000).getUTCFullYear();
    if (year < FIRST_YEAR || year >= LAST_YEAR) throw new CommandError('Invalid time');
    try {
      clock.set(seconds, (nanoseconds % 1_000_000_000n) / 1000n);
    } catch (cause) {
      throw new CommandError(`Failed to set time to guest: ${errnoText(cause)}`, { cause });
    }
  };

  return commandModule({
    schema: systemCommands,
    handlers: {
      'guest-get-time': () => clock.now() * 1000n,
      async 'guest-set-time'({ time }) {
        if (time !== undefined) setClock(BigInt(time));
        await runHelper(
          {
            name: HWCLOCK,
            args: [time === undefined ? '-s' : '-w'],
            file: `${system.root}${HWCLOCK}`,
            action: 'set hardware clock to system time',
          },
          services,
        );
      },
      'guest-get-host-name': () => ({ 'host-name': hostname() }),
      'guest-get-users': () =>
        readUtmp(system.root).map(({ user, since }) => ({ user, 'login-time': since })),
      'guest-get-timezone'() {
        const { offset, abbreviation } = localZone(system)(Date.now() / 1000);
        return { zone: abbreviation, offset };
      },
      'guest-get-osinfo'() {
        const info: GuestOSInfo = {
          'kernel-release': release(),
          'kernel-version': version(),
          machine: machine(),
        };
        const told = readOsRelease(services);
        for (const [member, key] of RELEASE_KEYS) {
          const value = told(key);
          if (value !== undefined) info[member] = value;
        }
        return info;
      },
      'guest-get-load'() {
        const [load1m = 0, load5m = 0, load15m = 0] = readLoad(system.root);
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
  try {
    const found = LOAD.exec(readSystemFile(`${root}/proc/loadavg`).toString('latin1'));
    if (found === null) throw new CommandError('cannot query load average: /proc/loadavg has none');
    return found.slice(1).map(Number);
  } catch (cause) {
    if (!(cause instanceof SystemFileError)) throw cause;
    throw new CommandError(`cannot query load average: ${errnoText(cause)}`, { cause });
  }
}
