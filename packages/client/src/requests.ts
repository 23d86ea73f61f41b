import {
  checkReply,
  encodeRequest,
  type GuestReply,
  type ReplyEvent,
  WireError,
  type WireValue,
} from '@guestwire/protocol';
import { commands } from '@guestwire/protocol/contract';
import type { CommandDescriptor, ReturnsOf } from '@guestwire/schema';
import type { Commands } from './contract.js';
import { errorFromGuest, GuestError } from './guest-error.js';
import { upgradeLegacyReply } from './legacy-replies.js';
import type { Request } from './session/agent-session.js';
import { isReplyToReset } from './session/synchronize.js';

/**
 * Returns the request for a command, encoded while it is sent. Without an `id` the first reply that arrives is taken
 * for its own.
 */
export function commandRequest(
  name: string,
  args: object | undefined,
  id: number | undefined,
  target: string,
): Request<GuestReply> {
  return { bytes: encode(name, args, id), match: (event) => matchReply(event, id, name, target) };
}

function* encode(
  name: string,
  args: object | undefined,
  id: number | undefined,
): Generator<Uint8Array, void, undefined> {
  try {
    yield* encodeRequest(name, args, id);
  } catch (cause) {
    throw protocolError(cause, name, `${name}: `);
  }
}

function matchReply(
  event: ReplyEvent,
  id: number | undefined,
  command: string,
  target: string,
): GuestReply | undefined {
  if (event.kind === 'garbage') {
    const hint = /size limit/.test(event.desc) ? '; raise the option maxReply' : '';
    const message = `${command}: invalid reply from ${target}: ${event.desc}${hint}`;
    throw new GuestError('protocol', message, { command });
  }
  const { reply } = event;
  if (id === undefined || reply.id === id) return reply;
  // The reply to another request, or to none.
  if (reply.id !== undefined || reply.error === undefined || isReplyToReset(reply)) return undefined;
  // An agent replies without an id to what it cannot parse: a request that is too long, or damaged.
  const message = `${command}: ${target} could not read a request: ${reply.error.desc}`;
  throw new GuestError('protocol', message, { command, ...reply.error });
}

/**
 * Returns the return value in a reply, unchecked.
 *
 * @throws {GuestError} if the reply is an error
 */
export function returnValue(reply: GuestReply, command: string): WireValue {
  if (reply.error !== undefined) throw errorFromGuest(command, reply.error);
  return reply.return;
}

/**
 * Checks the return value of a command against the contract.
 *
 * @throws {GuestError} `protocol`
 */
export function checkReturn<Name extends keyof Commands>(
  name: Name,
  value: WireValue,
): ReturnsOf<Commands[Name]> {
  const command: CommandDescriptor = commands[name];
  try {
    const checked = command.successResponse
      ? checkReply(command, upgradeLegacyReply(name, value))
      : undefined;
    // The descriptor of `name` has this very type, and the check has ensured it.
    return checked as ReturnsOf<Commands[Name]>;
  } catch (cause) {
    throw protocolError(cause, name);
  }
}

function protocolError(cause: unknown, command: string, prefix = ''): unknown {
  if (!(cause instanceof WireError)) return cause;
  return new GuestError('protocol', `${prefix}${cause.message}`, { command, cause });
}
