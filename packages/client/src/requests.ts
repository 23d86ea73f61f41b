import {
  checkReply,
  encodeRequest,
  type GuestReply,
  isText,
  type ReplyEvent,
  WireError,
  WireObject,
  type WireValue,
} from '@guestwire/protocol';
import { commands } from '@guestwire/protocol/contract';
import type { CommandDescriptor, ReturnsOf } from '@guestwire/schema';
import { commandsOf } from './capabilities.js';
import { type Commands, isSilent } from './contract.js';
import { errorFromGuest, GuestError } from './guest-error.js';
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

function* encode(name: string, args: object | undefined, id: number | undefined): Iterable<Uint8Array> {
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

/** Returns the unchecked return value in a reply; throws the error of an error reply. */
export function returnValue(reply: GuestReply, command: string): WireValue {
  if (reply.error !== undefined) throw errorFromGuest(command, reply.error);
  return reply.return;
}

/** Checks the return value of a command against the contract; throws `protocol`. */
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

/** Until 1.6 the list did not say which commands reply on success; until 1.0 there was no list (qemu-ga §13). */
function upgradeInfo(returned: WireObject): WireObject {
  const version = returned.get('version');
  const listed = returned.get('supported_commands');
  if (!isText(version) || !(listed === undefined || Array.isArray(listed))) return returned;
  const commands: readonly WireValue[] =
    listed ??
    [...commandsOf(version.toString()).keys()].map((name) =>
      WireObject.of([
        ['name', name],
        ['enabled', true],
      ]),
    );
  return WireObject.of([...returned, ['supported_commands', commands.map(upgradeCommand)]]);
}

function upgradeCommand(entry: WireValue): WireValue {
  if (!(entry instanceof WireObject) || entry.get('success-response') !== undefined) return entry;
  const name = entry.get('name');
  const silent = isText(name) && isSilent(name.toString());
  return WireObject.of([...entry, ['success-response', !silent]]);
}

/** Adds the members of a return value that the contract requires and agents of earlier releases do not send. */
function upgradeLegacyReply(command: string, returned: WireValue): WireValue {
  if (!(returned instanceof WireObject)) return returned;
  if (command === 'guest-info') return upgradeInfo(returned);
  // Until 2.3 it returned an empty object.
  if (command === 'guest-fstrim' && returned.size === 0) return WireObject.of([['paths', []]]);
  return returned;
}
