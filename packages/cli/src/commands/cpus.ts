import type { CallOptions, Guest } from '@guestwire/client';
import { guestGetVcpus } from '@guestwire/protocol/contract';
import { said } from '../answer.js';
import { ask } from '../ask.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { describeSwitchings, type Switching, switchings } from '../ids.js';
import { table } from '../output/table.js';
import { yesOrNo } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

/** Flags of `guestctl cpus`. */
interface CpusFlags extends GuestFlags {
  readonly enable?: string;
  readonly disable?: string;
}

const columns = [{ title: 'CPU', right: true }, { title: 'ON' }, { title: 'CAN BE SWITCHED OFF' }] as const;

/** The agent stops at the first that fails and does not say why; asked for the rest, it does. */
async function switchAll(guest: Guest, wanted: readonly Switching[], limits: CallOptions): Promise<void> {
  let rest = wanted.map(({ id, online }) => ({ 'logical-id': id, online }));
  while (rest.length > 0) {
    const done = Number(await guest.call('guest-set-vcpus', { vcpus: rest }, limits));
    // One that is none, or takes none of them and yet calls that no error, has had its say.
    if (done <= 0) return;
    rest = rest.slice(done);
  }
}

/** `guestctl cpus`: the processors; with `--enable` and `--disable`, switches some first. */
export default async function cpus(this: CliContext, flags: CpusFlags): Promise<void> {
  const wanted = switchings(flags.enable, flags.disable);
  await eachGuest(this, flags, async (visit) => {
    const { guest, limits } = visit;
    if (wanted.length > 0) await switchAll(guest, wanted, limits);
    const { value: processors, raw } = await ask(visit, guestGetVcpus);
    const sorted = processors.toSorted((a, b) => Number(a['logical-id']) - Number(b['logical-id']));
    if (wanted.length === 0) {
      const rows = sorted.map((processor) => [
        String(processor['logical-id']),
        yesOrNo(processor.online),
        yesOrNo(processor['can-offline']),
      ]);
      return { json: raw, text: ({ width }) => table(columns, rows, width) };
    }
    const is = new Map(sorted.map((processor) => [Number(processor['logical-id']), processor.online]));
    const failed = wanted.filter(({ id, online }) => is.get(id) !== online);
    const done = wanted.filter((item) => !failed.includes(item));
    const json = { switched: done, failed: failed };
    if (failed.length === 0) return said(json, `processors ${describeSwitchings(done)}`);
    return { ...said(json, `processors not ${describeSwitchings(failed)}`), status: 1 };
  });
}
