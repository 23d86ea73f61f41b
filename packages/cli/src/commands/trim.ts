import { guestFstrim } from '@guestwire/protocol/contract';
import { ask } from '../ask.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { table } from '../output/table.js';
import { formatBytes } from '../output/units.js';
import { UNKNOWN } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

/** Flags of `guestctl trim`. */
interface TrimFlags extends GuestFlags {
  readonly minimum?: number;
}

const columns = [
  { title: 'MOUNT POINT', cut: true },
  { title: 'GIVEN BACK', right: true },
  { title: 'LEAST RANGE', right: true },
  { title: 'ERROR', cut: true },
] as const;

/** `guestctl trim`: gives the space that filesystems do not use back to the host. It fails if it did for all of them. */
export default async function trim(this: CliContext, flags: TrimFlags): Promise<void> {
  const args = flags.minimum === undefined ? {} : { minimum: flags.minimum };
  await eachGuest(this, flags, async (visit) => {
    const { value, raw } = await ask(visit, guestFstrim, args);
    const { paths } = value;
    return {
      json: raw,
      status: paths.length > 0 && paths.every(({ error }) => error !== undefined) ? 1 : 0,
      text: ({ human, width }) =>
        table(
          columns,
          paths.map(({ path, trimmed, minimum, error }) => [
            path,
            formatBytes(trimmed, human),
            formatBytes(minimum, human),
            error ?? UNKNOWN,
          ]),
          width,
        ),
    };
  });
}
