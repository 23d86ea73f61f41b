import { memoryTransports, type Transport } from '@guestwire/client';
import {
  CommandError,
  encodeReply,
  failure,
  MessageReader,
  parseRequest,
  success,
  type WireObject,
  type WireValue,
} from '@guestwire/protocol';

/** What a handler gives to say that nothing is to be answered. */
export const silence = Symbol('silence');

/** Answers one command, as an agent's handler does. */
export type FakeHandler = (args: WireObject) => unknown;

/** An agent of the simplest kind, for tests of the host side. It answers one request at a time, in order. */
export interface FakeGuest {
  /** The host's end of the connection. */
  readonly host: Transport;
  /** The names of all commands that arrived, in order. */
  readonly commands: readonly string[];
  /** The first byte that arrived. */
  firstByte(): number | undefined;
  /** Sends bytes that nobody asked for. Resolves when the host has taken them, or is gone. */
  say(text: string): Promise<void>;
  /** Ends the connection. */
  hangUp(): Promise<void>;
}

const id = (args: WireObject): WireValue | undefined => args.get('id');

const session: Readonly<Record<string, FakeHandler>> = {
  'guest-sync-delimited': id,
  'guest-sync': id,
  'guest-ping': () => undefined,
};

/** How the guest's bytes are cut on their way. */
export type Delivery = (bytes: Buffer) => readonly Buffer[];

/** Every byte alone. */
export const byteByByte: Delivery = (bytes) => Array.from(bytes, (byte) => Buffer.of(byte));

/** Plays a guest with the given commands, beside those of the session. */
export const fakeGuest = (
  handlers: Readonly<Record<string, FakeHandler>> = {},
  deliver: Delivery = (bytes) => [bytes],
): FakeGuest => {
  const [host, end] = memoryTransports();
  const known = { ...session, ...handlers };
  const commands: string[] = [];
  let first: number | undefined;

  const say = async (bytes: Buffer): Promise<void> => {
    // A host that has gone does not listen: that is its own affair.
    await Promise.allSettled(deliver(bytes).map((part) => end.write(part)));
  };
  const answer = async (message: WireValue): Promise<void> => {
    const request = parseRequest(message);
    if (!request.ok) {
      await say(Buffer.concat([...encodeReply(failure(request.error, request.id))]));
      return;
    }
    commands.push(request.name);
    try {
      const handler = known[request.name];
      if (handler === undefined) throw CommandError.commandNotFound(request.name);
      const result = await handler(request.args);
      if (result === silence) return;
      const delimited = request.name === 'guest-sync-delimited';
      await say(Buffer.concat([...encodeReply(success(result, request.id, delimited))]));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      await say(Buffer.concat([...encodeReply(failure(error, request.id))]));
    }
  };
  const serve = async (): Promise<void> => {
    const reader = new MessageReader();
    for await (const bytes of end) {
      first ??= bytes[0];
      reader.push(bytes);
      for (let incoming = reader.next(); incoming !== undefined; incoming = reader.next()) {
        if (incoming.kind === 'error') {
          await say(Buffer.concat([...encodeReply(failure(new CommandError(incoming.desc.toString())))]));
        } else {
          await answer(incoming.value);
        }
      }
    }
  };
  serve().catch((error: unknown) => {
    throw error;
  });

  return {
    host,
    commands,
    firstByte: () => first,
    say: (text) => say(Buffer.from(text, 'latin1')),
    hangUp: async () => await end[Symbol.asyncDispose](),
  };
};
