import { guestFstrim } from '@guestwire/protocol/contract';
import { callChecked } from '../calls.js';
import { guestCommand } from '../for-each-guest.js';
import { formatBytes, UNKNOWN } from '../output/format.js';
import { cut, right, table } from '../output/table.js';
import type { GuestFlags } from '../parameters.js';

interface TrimFlags extends GuestFlags {
  readonly minimum?: number;
}

const COLUMNS = [cut('MOUNT POINT'), right('TRIMMED'), right('MINIMUM'), cut('ERROR')];

/** `guestctl trim`: discards unused blocks. It fails if this failed for all filesystems. */
export default guestCommand(async (guestContext, { minimum: least }: TrimFlags) => {
  const args = least === undefined ? {} : { minimum: least };
  const { value, raw } = await callChecked(guestContext, guestFstrim, args);
  const { paths } = value;
  return {
    json: raw,
    status: paths.length > 0 && paths.every(({ error }) => error !== undefined) ? 1 : 0,
    text({ human, width }) {
      const rows = paths.map(({ path, trimmed, minimum, error }) => [
        path,
        formatBytes(trimmed, human),
        formatBytes(minimum, human),
        error ?? UNKNOWN,
      ]);
      return table(COLUMNS, rows, width);
    },
  };
});
