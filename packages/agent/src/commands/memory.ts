import { type GuestMemoryBlockResponse, memoryCommands } from '@guestwire/protocol';
import { type CommandModule, commandModule } from '../command-module.js';
import { listMemoryBlocks, memoryBlockSize, switchMemoryBlock } from '../linux/memory-blocks.js';
import type { Services } from '../services.js';

/** The commands about blocks of memory (qemu-ga §5.17). */
export function memoryModule({ system }: Pick<Services, 'system'>): CommandModule<typeof memoryCommands> {
  const { root } = system;
  return commandModule({
    schema: memoryCommands,
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
