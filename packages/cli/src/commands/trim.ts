import { guestFstrim } from '@guestwire/protocol/contract';
import { callChecked } from '../calls.js';
import type { CliContext } from '../context.js';
import { forEachGuest } from '../for-each-guest.js';
import { formatBytes, UNKNOWN } from '../output/format.js';
import { table } from '../output/table.js';
import type { GuestFlags } from '../parameters.js';

interface TrimFlags extends GuestFlags {
  readonly minimum?: number;
}

const COLUMNS = [
  { title: 'MOUNT POINT', cut: true },
  { title: 'TRIMMED', right: true },
  { title: 'MINIMUM', right: true },
  { title: 'ERROR', cut: true },
] as const;

/** `guestctl trim`: discards unused blocks. It fails if this failed for all filesystems. */
export default async function trim(this: CliContext, flags: TrimFlags): Promise<void> {
  const args = flags.minimum === undefined ? {} : { minimum: flags.minimum };
  await forEachGuest(this, flags, async (guestContext) => {
    const {
      value: { paths },
      raw,
    } = await callChecked(guestContext, guestFstrim, args);
    const rowsOf = (human: boolean): string[][] =>
      paths.map(({ path, trimmed, minimum, error }) => [
        path,
        formatBytes(trimmed, human),
        formatBytes(minimum, human),
        error ?? UNKNOWN,
      ]);
    return {
      json: raw,
      status: paths.length > 0 && paths.every(({ error }) => error !== undefined) ? 1 : 0,
      text: ({ human, width }) => table(COLUMNS, rowsOf(human), width),
    };
  });
}
