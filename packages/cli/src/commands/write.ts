import { type Answer, said } from '../answer.js';
import type { CliContext } from '../context.js';
import { eachGuest, type Visit } from '../each-guest.js';
import { UsageError } from '../exit-status.js';
import { wholeInput } from '../input/whole-input.js';
import { humanBytes } from '../output/units.js';
import type { GuestFlags } from '../parameters.js';
import { findDestinations } from '../targets/destinations.js';

/** Flags of `guestctl write`. */
interface WriteFlags extends GuestFlags {
  readonly append: boolean;
  readonly atomic: boolean;
  readonly mode?: number;
}

/** `guestctl write PATH`: writes standard input to a file of the guest. */
export default async function write(this: CliContext, flags: WriteFlags, path: string): Promise<void> {
  if (flags.append && flags.atomic) {
    throw new UsageError('--append and --atomic exclude each other: a file cannot be added to in one step');
  }
  const found = await findDestinations(this, flags);
  // One guest takes it as it comes, several want it all again.
  const all = found.several ? await wholeInput(this.input) : undefined;
  const work = async ({ guest, limits }: Visit): Promise<Answer> => {
    const { bytes } = await guest.files.writeFile(path, all ?? this.input.bytes(), {
      ...limits,
      append: flags.append,
      atomic: flags.atomic,
      ...(flags.mode !== undefined && { mode: flags.mode }),
    });
    return said({ path, bytes }, `${humanBytes(bytes)} ${flags.append ? 'added to' : 'written to'} ${path}`);
  };
  await eachGuest(this, flags, work, found);
}
