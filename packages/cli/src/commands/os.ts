import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { ifKnown } from '../if-known.js';
import { fields } from '../output/table.js';
import { formatOffset } from '../output/time.js';
import type { GuestFlags } from '../parameters.js';

/** `guestctl os`: what runs in the guest, and what it calls itself. */
export default async function os(this: CliContext, flags: GuestFlags): Promise<void> {
  await eachGuest(this, flags, async ({ guest, limits }) => {
    const system = await guest.call('guest-get-osinfo', undefined, limits);
    const host = await ifKnown(guest.call('guest-get-host-name', undefined, limits));
    const timezone = await ifKnown(guest.call('guest-get-timezone', undefined, limits));
    const text = fields([
      ['Host name', host?.['host-name']],
      ['System', system['pretty-name'] ?? system.name],
      ['Edition', system.variant],
      ['Id', [system.id, system['version-id']].filter((part) => part !== undefined).join(' ') || undefined],
      ['Kernel', system['kernel-release']],
      ['Built', system['kernel-version']],
      ['Machine', system.machine],
      [
        'Time zone',
        timezone === undefined
          ? undefined
          : [timezone.zone, `UTC${formatOffset(timezone.offset)}`]
              .filter((part) => part !== undefined)
              .join(', '),
      ],
    ]);
    return {
      json: { ...host, ...system, timezone },
      text: () => text,
    };
  });
}
