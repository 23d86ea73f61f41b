import type { CommandContext } from '../../src/rpc/command-module.js';

/** What a handler receives from a host that waits for its result. */
export const context: CommandContext = { delimitReply() {}, signal: new AbortController().signal };
