import { ifSupported } from '../calls.js';
import { guestCommand, textAnswer } from '../for-each-guest.js';
import { formatOffset } from '../output/format.js';
import { fields } from '../output/table.js';

function joined(parts: readonly (string | undefined)[], separator: string): string | undefined {
  return parts.filter((part) => part !== undefined).join(separator) || undefined;
}

/** `guestctl os`: shows the operating system of the guest. */
export default guestCommand(async ({ guest, options }) => {
  const system = await guest.call('guest-get-osinfo', undefined, options);
  const host = await ifSupported(guest.call('guest-get-host-name', undefined, options));
  const timezone = await ifSupported(guest.call('guest-get-timezone', undefined, options));
  const text = fields([
    ['Host name', host?.['host-name']],
    ['System', system['pretty-name'] ?? system.name],
    ['Edition', system.variant],
    ['Id', joined([system.id, system['version-id']], ' ')],
    ['Kernel', system['kernel-release']],
    ['Built', system['kernel-version']],
    ['Machine', system.machine],
    ['Time zone', timezone && joined([timezone.zone, `UTC${formatOffset(timezone.offset)}`], ', ')],
  ]);
  return textAnswer({ ...host, ...system, timezone }, text);
});
