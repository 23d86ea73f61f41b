import { type GuestMemoryBlockResponse, memoryCommands } from '@guestwire/protocol/contract';
import { listMemoryBlocks, memoryBlockSize, switchMemoryBlock } from '../guest/memory/memory-blocks.js';
import type { CommandModule } from '../rpc/command-module.js';
import { builtInModule } from './built-in-module.js';

/** Returns the commands on blocks of memory (qemu-ga §5.17). */
export function memoryModule({ root }: { readonly root: string }): CommandModule<typeof memoryCommands> {
  return builtInModule({
    schema: memoryCommands,
    // The kernel moves the contents of a block that goes offline.
    traits: { 'guest-set-memory-blocks': { mayBlock: true, timeLimit: 'long' } },
    handlers: {
      'guest-get-memory-blocks': () => listMemoryBlocks(root),

      async 'guest-set-memory-blocks'({ 'mem-blks': blocks }) {
        const responses: GuestMemoryBlockResponse[] = [];
        for (const block of blocks) responses.push(await switchMemoryBlock(root, block));
        return responses;
      },

      'guest-get-memory-block-info': () => ({ size: memoryBlockSize(root) }),
    },
  });
}
