import { randomInt } from 'node:crypto';
import { encodeRequest, type ReplyEvent } from '@guestwire/protocol';
import type { Conversation } from './conversation.js';

/** How a guest is asked to give a number back: the second way is for agents that do not have, or forbid, the first. */
export type SyncCommand = 'guest-sync-delimited' | 'guest-sync';

/** A number that no earlier host has sent; it survives agents that pass numbers through a double. */
const freshId = (): number => randomInt(1, 2 ** 48 - 1);

/** Ends, in the guest, whatever request an earlier host left unfinished (reference 1.4). */
const reset = Buffer.from([0xff]);

/** A synchronisation that can be sent, and what recognises its reply. */
export interface Sync {
  readonly request: Iterable<Uint8Array>;
  /** True if the event is the reply: the number is random, so nothing else can be taken for it. */
  readonly isReply: (event: ReplyEvent) => boolean;
}

/** Prepares a synchronisation. */
export const prepareSync = (command: SyncCommand): Sync => {
  const id = freshId();
  return {
    request: encodeRequest(command, { id }),
    isReply: (event) => event.kind === 'reply' && event.reply.return === id,
  };
};

const refuses = (event: ReplyEvent, command: SyncCommand): boolean =>
  event.kind === 'reply' &&
  event.reply.error?.class === 'CommandNotFound' &&
  event.reply.error.desc.includes(command);

/**
 * Brings host and guest into step: everything that was on its way, to an earlier host or to a call that ran
 * out of time, whole or in part, is dropped (reference 5.3, 12). Gives the command that the guest understood.
 */
export const synchronise = async (
  conversation: Conversation,
  command: SyncCommand,
  signal: AbortSignal,
): Promise<SyncCommand> => {
  const { request, isReply } = prepareSync(command);
  const judge = (event: ReplyEvent): 'in step' | 'refused' | undefined => {
    if (isReply(event)) return 'in step';
    return command === 'guest-sync-delimited' && refuses(event, command) ? 'refused' : undefined;
  };
  const outcome = await conversation.ask([reset, ...request], judge, signal);
  return outcome === 'in step' ? command : await synchronise(conversation, 'guest-sync', signal);
};
