import { encodeRequest, type GuestReply, type ReplyEvent } from '@guestwire/protocol';
import { codeOf, type ErrorReply } from '../guest-error.js';
import { type Clock, type Deadline, startDeadline } from '../time.js';
import type { AgentSession, Request } from './agent-session.js';

/** What an agent is known to accept. */
export interface AgentDialect {
  /** The command to synchronize with: `guest-sync` for agents that do not have, or forbid, the other one. */
  readonly sync: 'guest-sync-delimited' | 'guest-sync';
  /** What the agent does with the `id` of a request: agents since QEMU 3.0 echo it in the reply, older ones refuse it, others ignore it. */
  readonly ids: 'echoed' | 'ignored' | 'refused';
}

/** The dialect to begin with. */
export const UNKNOWN_DIALECT: AgentDialect = { sync: 'guest-sync-delimited', ids: 'ignored' };

/**
 * Returns a number that no earlier host has sent, and that agents can convert to a double. All have the same number of
 * digits, so that equal messages have equal lengths. It need not be hard to guess, since only the agent's own replies
 * are searched for it; each process seeds `Math.random` from the system's entropy.
 */
export function randomId(): number {
  return 2 ** 47 + Math.floor(Math.random() * 2 ** 47);
}

/** Makes the agent drop an unfinished request of an earlier host (qemu-ga §1.4). */
const RESET = Buffer.from([0xff]);

/** Returns a synchronization. Its number is random, so the match is certain; the result is the agent's dialect. */
export function syncRequest({ sync, ids }: AgentDialect): Request<AgentDialect> {
  const id = randomId();
  return {
    bytes: encodeRequest(sync, { id }, ids === 'refused' ? undefined : id),
    match(event) {
      if (event.kind !== 'reply' || event.reply.return !== id) return undefined;
      if (ids === 'refused') return { sync, ids };
      if (event.reply.id === id) return { sync, ids: 'echoed' };
      // An agent that has echoed ids continues to do so: this reply was damaged on its way.
      return ids === 'echoed' ? undefined : { sync, ids: 'ignored' };
    },
  };
}

/**
 * Returns true for the reply to the byte that precedes a synchronization (qemu-ga §1.4). It names no request, and may
 * arrive after that synchronization has been given up for another one.
 */
export function isReplyToReset({ id, error }: GuestReply): boolean {
  return id === undefined && error?.desc.endsWith("stray '\ufffd'") === true;
}

/** A separate class until 1.1, `QMP input object member …` until 2.9, then `QMP input member …` (qemu-ga §13). */
function refusesId({ class: errorClass, desc }: ErrorReply): boolean {
  return errorClass === 'QMPExtraInputObjectMember' || desc.endsWith("member 'id' is unexpected");
}

/** Returns the dialect to try after an error reply; `undefined` if the reply does not concern the synchronization. */
function nextDialect({ error }: GuestReply, { sync, ids }: AgentDialect): AgentDialect | undefined {
  if (error === undefined) return undefined;
  if (ids !== 'refused' && refusesId(error)) return { sync, ids: 'refused' };
  if (sync === 'guest-sync' || codeOf(error) === 'command' || !error.desc.includes(sync)) return undefined;
  return { sync: 'guest-sync', ids };
}

/** How long the first attempt waits for its reply; each further attempt waits twice as long. */
const FIRST_ATTEMPT_TIMEOUT_MS = 1000;

/**
 * Synchronizes host and agent: drops everything that was on its way to an earlier host or to a call that timed out,
 * whole or in part (qemu-ga §5.3, §12). Returns the agent's dialect.
 *
 * Retries without a limit until the deadline: a reply may get lost or, from an agent without the delimiter, follow half
 * a reply on the same line. Where ids are echoed, the reply to any attempt will do, since late ones match nothing else;
 * otherwise only that to the last attempt.
 */
export async function synchronize(
  session: AgentSession,
  known: AgentDialect,
  deadline: Deadline,
  clock: Clock,
): Promise<AgentDialect> {
  const earlier: Request<AgentDialect>[] = [];
  let dialect = known;
  for (let timeout = FIRST_ATTEMPT_TIMEOUT_MS; ; ) {
    const request = syncRequest(dialect);
    const match = (event: ReplyEvent): { isDone: boolean; dialect: AgentDialect } | undefined => {
      const answered = request.match(event);
      if (answered !== undefined) return { isDone: true, dialect: answered };
      const late = earlier.map((other) => other.match(event)).find((found) => found !== undefined);
      if (late?.ids === 'echoed') return { isDone: true, dialect: late };
      const next = event.kind === 'reply' ? nextDialect(event.reply, dialect) : undefined;
      return next && { isDone: false, dialect: next };
    };
    using attempt = startDeadline({ timeout, signal: deadline.signal }, dialect.sync, undefined, clock);
    try {
      const [outcome] = await session.pipeline([{ bytes: [RESET, ...request.bytes], match }], 1, attempt);
      if (outcome?.isDone) return outcome.dialect;
      dialect = outcome?.dialect ?? dialect;
    } catch (error) {
      if (deadline.signal.aborted || error !== attempt.signal.reason) throw error;
      timeout *= 2;
      // Another agent may have replaced the known one.
      if (dialect.ids === 'echoed') dialect = { ...dialect, ids: 'ignored' };
    }
    earlier.push(request);
  }
}
