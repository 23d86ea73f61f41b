import { guestGetVcpus } from '@guestwire/protocol/contract';
import { callChecked } from '../calls.js';
import type { CliContext } from '../context.js';
import { forEachGuest, type GuestContext, textAnswer } from '../for-each-guest.js';
import { formatStateChanges, parseStateChanges, type StateChange } from '../ids.js';
import { yesOrNo } from '../output/format.js';
import { right, table } from '../output/table.js';
import type { GuestFlags } from '../parameters.js';

interface CpusFlags extends GuestFlags {
  readonly enable?: string;
  readonly disable?: string;
}

const COLUMNS = [right('CPU'), 'ONLINE', 'CAN OFFLINE'];

/** The agent stops at the first failure without the reason; a second call for the rest returns the error. */
async function changeAll({ guest, options }: GuestContext, changes: readonly StateChange[]): Promise<void> {
  let rest = changes.map(({ id, online }) => ({ 'logical-id': id, online }));
  while (rest.length > 0) {
    const done = Number(await guest.call('guest-set-vcpus', { vcpus: rest }, options));
    if (done <= 0) return;
    rest = rest.slice(done);
  }
}

/** `guestctl cpus`: lists the CPUs, or sets some online and offline. */
export default async function cpus(this: CliContext, flags: CpusFlags): Promise<void> {
  const changes = parseStateChanges(flags.enable, flags.disable);
  await forEachGuest(this, flags, async (guestContext) => {
    await changeAll(guestContext, changes);
    const { value, raw } = await callChecked(guestContext, guestGetVcpus);
    if (changes.length === 0) {
      const rows = value
        .toSorted((a, b) => Number(a['logical-id']) - Number(b['logical-id']))
        .map((cpu) => [String(cpu['logical-id']), yesOrNo(cpu.online), yesOrNo(cpu['can-offline'])]);
      return { json: raw, text: ({ width }) => table(COLUMNS, rows, width) };
    }
    const online = new Map(value.map((cpu) => [Number(cpu['logical-id']), cpu.online]));
    const failed = changes.filter((change) => online.get(change.id) !== change.online);
    const done = changes.filter((change) => !failed.includes(change));
    const json = { switched: done, failed };
    if (failed.length === 0) return textAnswer(json, `CPUs ${formatStateChanges(done)}`);
    return textAnswer(json, `failed to set CPUs ${formatStateChanges(failed)}`, 1);
  });
}
