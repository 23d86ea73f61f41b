/** Classes of error that the agent sends (qemu-ga §2). */
export type ErrorClass = 'GenericError' | 'CommandNotFound';

/**
 * A command failed, and the host is to see why: the `error` member of a reply.
 * Handlers throw it; the client rejects with it.
 */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly class: ErrorClass;

  constructor(desc: string, options: { class?: ErrorClass; cause?: unknown } = {}) {
    super(desc, 'cause' in options ? { cause: options.cause } : undefined);
    this.class = options.class ?? 'GenericError';
  }

  /** The text that the host sees. */
  get desc(): string {
    return this.message;
  }

  /** The agent does not know the command (qemu-ga §1.5). */
  static commandNotFound(name: string): CommandError {
    return new CommandError(`The command ${name} has not been found`, { class: 'CommandNotFound' });
  }

  /** The command is blocked by configuration or by the frozen state (qemu-ga §1.5). */
  static commandDisabled(name: string): CommandError {
    return new CommandError(`Command ${name} has been disabled: the command is not allowed`, {
      class: 'CommandNotFound',
    });
  }
}

/** Text that was to be base64 holds a character that base64 does not have (qemu-ga §4). */
export class Base64Error extends CommandError {
  override readonly name = 'Base64Error';

  constructor() {
    super('Base64 data contains invalid characters');
  }
}

/**
 * What went wrong on the wire:
 * - `unencodable`: a value has no form on the wire (a function, a symbol, text that is not Unicode);
 * - `bad-reply`: the guest's answer is not what the contract says.
 */
export type WireErrorCode = 'unencodable' | 'bad-reply';

/** The wire could not carry a value, or carried one that the contract does not allow. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
