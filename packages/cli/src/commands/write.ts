import type { CliContext } from '../context.js';
import { UsageError } from '../exit-status.js';
import { type Answer, forEachGuest, type GuestContext, textAnswer } from '../for-each-guest.js';
import { readAll } from '../input/read-input.js';
import { humanBytes } from '../output/format.js';
import type { GuestFlags } from '../parameters.js';
import { selectTargets } from '../targets/select-targets.js';

interface WriteFlags extends GuestFlags {
  readonly append: boolean;
  readonly atomic: boolean;
  readonly mode?: number;
}

/** `guestctl write PATH`: writes standard input to a file of the guest. */
export default async function write(this: CliContext, flags: WriteFlags, path: string): Promise<void> {
  if (flags.append && flags.atomic) {
    throw new UsageError('--append and --atomic are mutually exclusive');
  }
  const selection = await selectTargets(this, flags);
  // One guest gets a stream, several need a copy of the input each.
  const data = selection.several ? await readAll(this.input) : undefined;
  const writeTo = async ({ guest, options }: GuestContext): Promise<Answer> => {
    const { bytes } = await guest.files.writeFile(path, data ?? this.input.bytes(), {
      ...options,
      append: flags.append,
      atomic: flags.atomic,
      ...(flags.mode !== undefined && { mode: flags.mode }),
    });
    const action = flags.append ? 'appended to' : 'written to';
    return textAnswer({ path, bytes }, `${humanBytes(bytes)} ${action} ${path}`);
  };
  await forEachGuest(this, flags, writeTo, selection);
}
