import { encodeRequest, type GuestReply, type ReplyEvent } from '@guestwire/protocol';
import type { Clock } from '../clock.js';
import { type Deadline, startDeadline } from '../deadline.js';
import { codeOf } from '../guest-error.js';
import type { Conversation } from './conversation.js';

/** How an agent wants to be spoken to, as far as is known. */
export interface Manner {
  /** How it is asked to give a number back: the second way is for agents that do not have, or forbid, the first. */
  readonly sync: 'guest-sync-delimited' | 'guest-sync';
  /**
   * What it does with the `id` of a request: an agent since QEMU 3.0 gives it back in the reply, earlier ones
   * refuse a request that has one, others take no notice of it.
   */
  readonly ids: 'given back' | 'ignored' | 'refused';
}

/** What is tried with an agent of which nothing is known. */
export const unknownAgent: Manner = { sync: 'guest-sync-delimited', ids: 'ignored' };

/**
 * A number that no earlier host has sent; it survives agents that pass numbers through a double. All have as many
 * digits, so that equal messages are equally long.
 *
 * It must be another one in each process, which `Math.random` sees to: V8 seeds it from the system's entropy. Nobody need
 * be kept from guessing it, since only the agent's own answers are searched for it; so `node:crypto` is not loaded.
 */
export function freshId(): number {
  return 2 ** 47 + Math.floor(Math.random() * 2 ** 47);
}

/** Ends, in the guest, whatever request an earlier host left unfinished (qemu-ga §1.4). */
const reset = Buffer.from([0xff]);

/** A synchronisation that can be sent, and what recognises its reply. */
export interface Sync {
  readonly request: Iterable<Uint8Array>;
  /**
   * The manner in which the agent answered, if the event is its answer: the number is random, so nothing else
   * can be taken for it.
   */
  readonly answeredBy: (event: ReplyEvent) => Manner | undefined;
}

/** Prepares a synchronisation. */
export function prepareSync({ sync, ids }: Manner): Sync {
  const id = freshId();
  return {
    request: encodeRequest(sync, { id }, ids === 'refused' ? undefined : id),
    answeredBy(event) {
      if (event.kind !== 'reply' || event.reply.return !== id) return undefined;
      if (ids === 'refused') return { sync, ids };
      if (event.reply.id === id) return { sync, ids: 'given back' };
      // Who gave ids back does so still: this one was damaged on its way.
      return ids === 'given back' ? undefined : { sync, ids: 'ignored' };
    },
  };
}

/**
 * Is this what an agent answers to the byte that goes before a synchronisation (qemu-ga §1.4)? It names no request,
 * and may still come when the synchronisation has been given up for another one.
 */
export function answersReset({ id, error }: GuestReply): boolean {
  return id === undefined && error?.desc.endsWith("stray '\ufffd'") === true;
}

/** Until 1.1 a class of its own, until 2.9 `QMP input object member …`, then `QMP input member …` (qemu-ga §13). */
function refusesId({ class: errorClass, desc }: { readonly class: string; readonly desc: string }): boolean {
  return errorClass === 'QMPExtraInputObjectMember' || desc.endsWith("member 'id' is unexpected");
}

/** What to try next if the agent did not like the synchronisation; `undefined` if this says nothing about it. */
function otherManner({ error }: GuestReply, { sync, ids }: Manner): Manner | undefined {
  if (error === undefined) return undefined;
  if (ids !== 'refused' && refusesId(error)) return { sync, ids: 'refused' };
  if (sync === 'guest-sync' || codeOf(error) === 'command' || !error.desc.includes(sync)) return undefined;
  return { sync: 'guest-sync', ids };
}

/** Milliseconds until another synchronisation is tried, if no answer to the first is seen; then twice as long, and so on. */
const PATIENCE = 1000;

/** What came of one attempt: in step, or what to try next. */
interface Attempt {
  readonly inStep: boolean;
  readonly manner: Manner;
}

/**
 * Brings host and guest into step: everything that was on its way, to an earlier host or to a call that ran
 * out of time, whole or in part, is dropped (qemu-ga §5.3, §12). Gives the manner in which the agent answered.
 *
 * If no answer is seen, it is asked for again: it may have got lost or, from an agent that has no delimiter, stand
 * behind half a reply on the same line. Where ids are given back, any answer will do, since those that are still
 * to come are taken for nothing else; otherwise only that to the last attempt.
 */
export async function synchronise(
  conversation: Conversation,
  known: Manner,
  deadline: Deadline,
  clock: Clock,
): Promise<Manner> {
  const earlier: Sync[] = [];
  let manner = known;
  let timeout = PATIENCE;
  for (;;) {
    const sync = prepareSync(manner);
    const judge = (event: ReplyEvent): Attempt | undefined => {
      const answered = sync.answeredBy(event);
      if (answered !== undefined) return { inStep: true, manner: answered };
      const late = earlier.map(({ answeredBy }) => answeredBy(event)).find((other) => other !== undefined);
      if (late?.ids === 'given back') return { inStep: true, manner: late };
      const other = event.kind === 'reply' ? otherManner(event.reply, manner) : undefined;
      return other === undefined ? undefined : { inStep: false, manner: other };
    };
    using attempt = startDeadline({ timeout, signal: deadline.signal }, manner.sync, undefined, clock);
    try {
      const outcome = await conversation.ask([reset, ...sync.request], judge, attempt);
      if (outcome.inStep) return outcome.manner;
      manner = outcome.manner;
    } catch (error) {
      if (deadline.signal.aborted || error !== attempt.signal.reason) throw error;
      timeout *= 2;
      // Another agent may have taken the place of the one that is known.
      if (manner.ids === 'given back') manner = { ...manner, ids: 'ignored' };
    }
    earlier.push(sync);
  }
}
