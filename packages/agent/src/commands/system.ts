import { hostname, machine, release, version } from 'node:os';
import { gettimeofday, settimeofday } from '@guestwire/posix';
import { CommandError } from '@guestwire/protocol';
import { type GuestOSInfo, systemCommands } from '@guestwire/protocol/contract';
import { runHelper } from '../exec/helper.js';
import type { GuestSystem } from '../guest/guest-system.js';
import { type OsRelease, readOsRelease } from '../guest/system/os-release.js';
import { localZone } from '../guest/system/time-zone.js';
import { loggedInUsers } from '../guest/system/users.js';
import { readSystemFile } from '../guest/system-file.js';
import { attempt } from '../operation-error.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

const HWCLOCK = '/sbin/hwclock';

/** Years to which the guest's clock can be set, the last exclusive. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2070;

/** The members of `GuestOSInfo` that come from os-release, with their keys. */
const RELEASE_KEYS = [
  ['id', 'ID'],
  ['name', 'NAME'],
  ['pretty-name', 'PRETTY_NAME'],
  ['version', 'VERSION'],
  ['version-id', 'VERSION_ID'],
  ['variant', 'VARIANT'],
  ['variant-id', 'VARIANT_ID'],
] as const satisfies readonly (readonly [keyof GuestOSInfo, string])[];

/** The guest's clock; a test may replace it. */
export interface WallClock {
  /** Returns the microseconds since the beginning of 1970 in UTC. */
  now(): bigint;
  /** Sets the clock. The kernel rejects negative numbers. Throws a system error. */
  set(seconds: bigint, microseconds: bigint): void;
}

/** Returns the commands on time, operating system, load and users (qemu-ga §5.6, §5.18). */
export function systemModule(
  options: GuestSystem,
  clock: WallClock = { now: gettimeofday, set: settimeofday },
): CommandModule<typeof systemCommands> {
  const { root } = options;

  /** The last reply: neither the kernel nor, usually, the file changes. */
  let osInfo: { readonly osRelease: OsRelease; readonly info: GuestOSInfo } | undefined;

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
    traits: { 'guest-set-time': { timeLimit: 'own' } },
    handlers: {
      'guest-get-time': () => clock.now() * 1000n,
      async 'guest-set-time'({ time }) {
        if (time !== undefined) setClock(BigInt(time));
        const args = [time === undefined ? '-s' : '-w'];
        const action = 'set hardware clock to system time';
        await runHelper({ name: HWCLOCK, args, file: `${root}${HWCLOCK}`, action }, options);
      },
      'guest-get-host-name': () => ({ 'host-name': hostname() }),
      'guest-get-users': () => loggedInUsers(root).map(({ user, since }) => ({ user, 'login-time': since })),
      'guest-get-timezone'() {
        const { offset, abbreviation } = localZone(options)(Date.now() / 1000);
        return { zone: abbreviation, offset };
      },
      'guest-get-osinfo'() {
        const osRelease = readOsRelease(options);
        if (osInfo?.osRelease !== osRelease) osInfo = { osRelease, info: osInfoOf(osRelease) };
        return osInfo.info;
      },
      'guest-get-load'() {
        const [load1m = 0, load5m = 0, load15m = 0] = readLoad(root);
        return { load1m, load5m, load15m };
      },
    },
  });
}

function osInfoOf(osRelease: OsRelease): GuestOSInfo {
  const info: GuestOSInfo = {
    'kernel-release': release(),
    'kernel-version': version(),
    machine: machine(),
  };
  for (const [member, key] of RELEASE_KEYS) {
    const value = osRelease(key);
    if (value !== undefined) info[member] = value;
  }
  return info;
}

function readLoad(root: string): readonly number[] {
  const text = attempt('cannot query load average', () => readSystemFile(`${root}/proc/loadavg`));
  const found = /^([\d.]+) ([\d.]+) ([\d.]+) /.exec(text.toString('latin1'));
  if (found === null) throw new CommandError('cannot query load average: /proc/loadavg has none');
  return found.slice(1).map(Number);
}
