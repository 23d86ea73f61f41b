import type { Commands } from '@guestwire/client';
import { CommandError, type WireObject, type WireValue } from '@guestwire/protocol';
import type { ArgumentsOf, CommandDescriptor, ReturnsOf } from '@guestwire/schema';

/** Returned by a handler so that no reply is sent. */
export const noReply = { sends: 'nothing' } as const;

/** A result that is sent without a check against the schema. */
class UncheckedResult {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** Returns a result of any type, also one that the schema does not allow. */
export function uncheckedResult(value: unknown): UncheckedResult {
  return new UncheckedResult(value);
}

/** A request as it was received. */
export interface FakeRequest {
  readonly name: string;
  readonly args: WireObject;
  /** The request's `id`, if it has one. */
  readonly id: WireValue | undefined;
  /** 1-based index among the requests for this command. */
  readonly nth: number;
}

/** What a handler may return. */
export type FakeResult<R> = R | typeof noReply | UncheckedResult;

type CheckedArguments<C extends CommandDescriptor> = ArgumentsOf<C> extends object ? ArgumentsOf<C> : object;

/** Handles a command of the schema: takes its arguments, checked as an agent checks them, and returns its result. */
export type FakeHandler<C extends CommandDescriptor> = (
  args: CheckedArguments<C>,
  request: FakeRequest,
) => FakeResult<ReturnsOf<C>> | Promise<FakeResult<ReturnsOf<C>>>;

type KnownHandlers = { readonly [Name in keyof Commands]?: FakeHandler<Commands[Name]> };

/**
 * Handlers by command name. A handler for a command outside the schema reads {@link FakeRequest.args}. A handler that throws a
 * {@link CommandError} makes the command fail.
 */
export interface FakeHandlers extends KnownHandlers {
  readonly [name: string]: ((args: never, request: FakeRequest) => unknown) | undefined;
}

type Handler<A, R> = (args: A, request: FakeRequest) => R;

/** Returns a handler that runs one of `handlers` for each call, in order; the last one for all further calls. */
export function sequence<A, R>(
  ...handlers: readonly [Handler<A, R>, ...Handler<A, R>[]]
): (args: A, request: FakeRequest) => R {
  const left = [...handlers];
  const last = handlers[handlers.length - 1] ?? handlers[0];
  return (args, request) => (left.shift() ?? last)(args, request);
}

/** Returns a handler that fails with this text, and with class `GenericError` unless `options` names another. */
export function failWith(desc: string, options?: ConstructorParameters<typeof CommandError>[1]): () => never {
  return () => {
    throw new CommandError(desc, options);
  };
}

/** Returns the value to send for what a handler returned. */
export function unwrapResult(result: unknown): unknown {
  return result instanceof UncheckedResult ? result.value : result;
}
