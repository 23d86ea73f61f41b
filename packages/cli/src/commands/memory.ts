import type { GuestMemoryBlock } from '@guestwire/protocol/contract';
import { ifSupported } from '../calls.js';
import type { CliContext } from '../context.js';
import { type Answer, forEachGuest, type GuestContext, textAnswer } from '../for-each-guest.js';
import { formatIds, formatStateChanges, parseStateChanges } from '../ids.js';
import { formatBytes, yesOrNo } from '../output/format.js';
import { right, table } from '../output/table.js';
import type { GuestFlags } from '../parameters.js';

interface MemoryFlags extends GuestFlags {
  readonly online?: string;
  readonly offline?: string;
}

const COLUMNS = ['BLOCKS', 'ONLINE', 'CAN OFFLINE', right('SIZE')];

/** Groups consecutive blocks of the same state. */
function groupBlocks(blocks: readonly GuestMemoryBlock[]): GuestMemoryBlock[][] {
  const groups: GuestMemoryBlock[][] = [];
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

async function list({ guest, options }: GuestContext): Promise<Answer> {
  const found = await guest.call('guest-get-memory-blocks', undefined, options);
  const info = await ifSupported(guest.call('guest-get-memory-block-info', undefined, options));
  const blocks = found.toSorted((a, b) => Number(a['phys-index']) - Number(b['phys-index']));
  return {
    json: { blockSize: info?.size, blocks },
    text: ({ human, width }) => {
      if (blocks.length === 0) return 'this guest has no memory blocks';
      const rows = groupBlocks(blocks).map((group) => [
        formatIds(group.map((block) => block['phys-index'])),
        yesOrNo(group[0]?.online),
        yesOrNo(group[0]?.['can-offline']),
        formatBytes(info === undefined ? undefined : BigInt(info.size) * BigInt(group.length), human),
      ]);
      return table(COLUMNS, rows, width);
    },
  };
}

/** `guestctl memory`: lists the memory blocks, or sets some online and offline. */
export default async function memory(this: CliContext, flags: MemoryFlags): Promise<void> {
  const changes = parseStateChanges(flags.online, flags.offline);
  await forEachGuest(this, flags, async (guestContext) => {
    if (changes.length === 0) return await list(guestContext);
    const { guest, options } = guestContext;
    const blocks = changes.map(({ id, online }) => ({ 'phys-index': id, online }));
    const results = await guest.call('guest-set-memory-blocks', { 'mem-blks': blocks }, options);
    const responses = new Map(results.map((result) => [Number(result['phys-index']), result.response]));
    const failed = changes.filter(({ id }) => responses.get(id) !== 'success');
    const done = changes.filter((change) => !failed.includes(change));
    const lines = [
      ...(done.length === 0 ? [] : [`blocks ${formatStateChanges(done)}`]),
      ...failed.map(
        (change) =>
          `failed to set block ${formatStateChanges([change])}: ${responses.get(change.id) ?? 'no response'}`,
      ),
    ];
    return textAnswer(results, lines.join('\n'), failed.length === 0 ? 0 : 1);
  });
}
