import { said } from '../answer.js';
import type { CliContext } from '../context.js';
import { eachGuest } from '../each-guest.js';
import { describeSwitchings, formatIds, switchings } from '../ids.js';
import { ifKnown } from '../if-known.js';
import { table } from '../output/table.js';
import { formatBytes } from '../output/units.js';
import { yesOrNo } from '../output/words.js';
import type { GuestFlags } from '../parameters.js';

/** Flags of `guestctl memory`. */
interface MemoryFlags extends GuestFlags {
  readonly online?: string;
  readonly offline?: string;
}

const columns = [
  { title: 'BLOCKS' },
  { title: 'ON' },
  { title: 'CAN BE SWITCHED OFF' },
  { title: 'SIZE', right: true },
] as const;

/** A block of memory, as the agent tells it. */
interface Block {
  readonly 'phys-index': number | bigint;
  readonly online: boolean;
  readonly 'can-offline'?: boolean;
}

/** Blocks that follow one another and are alike. */
function alike(blocks: readonly Block[]): Block[][] {
  const groups: Block[][] = [];
  for (const block of blocks) {
    const last = groups.at(-1)?.at(-1);
    if (
      last !== undefined &&
      last.online === block.online &&
      last['can-offline'] === block['can-offline'] &&
      BigInt(block['phys-index']) === BigInt(last['phys-index']) + 1n
    ) {
      groups.at(-1)?.push(block);
    } else {
      groups.push([block]);
    }
  }
  return groups;
}

async function list(context: CliContext, flags: MemoryFlags): Promise<void> {
  return await eachGuest(context, flags, async ({ guest, limits }) => {
    const blocks = await guest.call('guest-get-memory-blocks', undefined, limits);
    const info = await ifKnown(guest.call('guest-get-memory-block-info', undefined, limits));
    const sorted = blocks.toSorted((a, b) => Number(a['phys-index']) - Number(b['phys-index']));
    return {
      json: { blockSize: info?.size, blocks: sorted },
      text: ({ human, width }) => {
        if (sorted.length === 0) return 'the memory of this guest is not in blocks';
        const rows = alike(sorted).map((group) => [
          formatIds(group.map((block) => block['phys-index'])),
          yesOrNo(group[0]?.online),
          yesOrNo(group[0]?.['can-offline']),
          formatBytes(info === undefined ? undefined : BigInt(info.size) * BigInt(group.length), human),
        ]);
        return table(columns, rows, width);
      },
    };
  });
}

/** `guestctl memory`: the blocks of memory; with `--online` and `--offline`, switches some. */
export default async function memory(this: CliContext, flags: MemoryFlags): Promise<void> {
  const wanted = switchings(flags.online, flags.offline);
  if (wanted.length === 0) {
    await list(this, flags);
    return;
  }
  await eachGuest(this, flags, async ({ guest, limits }) => {
    const blocks = wanted.map(({ id, online }) => ({ 'phys-index': id, online }));
    const results = await guest.call('guest-set-memory-blocks', { 'mem-blks': blocks }, limits);
    const reasons = new Map(results.map((result) => [Number(result['phys-index']), result.response]));
    const failed = wanted.filter(({ id }) => reasons.get(id) !== 'success');
    const done = wanted.filter((item) => !failed.includes(item));
    const json = results;
    const lines = [
      ...(done.length === 0 ? [] : [`blocks ${describeSwitchings(done)}`]),
      ...failed.map(
        ({ id, online }) => `block ${id} not ${online ? 'on' : 'off'}: ${reasons.get(id) ?? 'no answer'}`,
      ),
    ];
    return { ...said(json, lines.join('\n')), status: failed.length === 0 ? 0 : 1 };
  });
}
