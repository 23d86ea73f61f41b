import type { Commands } from '@guestwire/client';
import { CommandError, type WireObject, type WireValue } from '@guestwire/protocol';
import type { ArgumentsOf, CommandDescriptor, ReturnsOf } from '@guestwire/qapi/descriptor';

interface Silence {
  readonly answers: 'nothing';
}

/** What a handler gives to say that nothing is to be answered. */
export const silence: Silence = { answers: 'nothing' };

/** A value that goes out as it is, whatever the contract says of it. */
class Unchecked {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Has a handler return what the contract does not allow, to see what the host makes of it. */
export function unchecked(value: unknown): Unchecked {
  return new Unchecked(value);
}

/** What went into a handler, as it came over the wire. */
export interface FakeRequest {
  readonly name: string;
  readonly args: WireObject;
  /** The request's `id`, if it had one. */
  readonly id: WireValue | undefined;
  /** How often the command has been asked for by now; 1 for the first time. */
  readonly nth: number;
}

/** What a handler may return: a result of the contract, or something else on purpose. */
export type FakeResult<R> = R | Silence | Unchecked;

type Given<C extends CommandDescriptor> = ArgumentsOf<C> extends object ? ArgumentsOf<C> : object;

/** Answers a command of the contract: gets its arguments, checked as an agent checks them, and returns its result. */
export type FakeHandler<C extends CommandDescriptor> = (
  args: Given<C>,
  request: FakeRequest,
) => FakeResult<ReturnsOf<C>> | Promise<FakeResult<ReturnsOf<C>>>;

type KnownHandlers = { readonly [Name in keyof Commands]?: FakeHandler<Commands[Name]> };

/**
 * Handlers by command. A handler of a command outside the contract finds its arguments in
 * {@link FakeRequest.args}. To have the command fail, a handler throws a {@link CommandError}.
 */
export interface FakeHandlers extends KnownHandlers {
  readonly [name: string]: ((args: never, request: FakeRequest) => unknown) | undefined;
}

/** Different answers to successive calls; the last of them to all further ones. */
export function inTurn<A, R>(
  ...handlers: readonly [Handler<A, R>, ...Handler<A, R>[]]
): (args: A, request: FakeRequest) => R {
  const left = [...handlers];
  const last = handlers[handlers.length - 1] ?? handlers[0];
  return (args, request) => (left.shift() ?? last)(args, request);
}

type Handler<A, R> = (args: A, request: FakeRequest) => R;

/** A handler of a command that fails with this text, and class `GenericError` if no other is named. */
export function failing(desc: string, options?: ConstructorParameters<typeof CommandError>[1]): () => never {
  return () => {
    throw new CommandError(desc, options);
  };
}

/** What a handler gave, as the writer takes it. */
export function resultOf(given: unknown): unknown {
  return given instanceof Unchecked ? given.value : given;
}
