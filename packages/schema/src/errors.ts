/** The error classes of replies (qemu-ga §2). */
export type ErrorClass = 'GenericError' | 'CommandNotFound';

/** A failed command: the `error` member of a reply. Handlers throw it; calls of the client reject with it. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly class: ErrorClass;

  constructor(desc: string, options: { class?: ErrorClass; cause?: unknown } = {}) {
    super(desc, 'cause' in options ? { cause: options.cause } : undefined);
    this.class = options.class ?? 'GenericError';
  }

  /** The text that the host receives. */
  get desc(): string {
    return this.message;
  }

  /** Returns the error for an unknown command (qemu-ga §1.5). */
  static commandNotFound(name: string): CommandError {
    return new CommandError(`The command ${name} has not been found`, { class: 'CommandNotFound' });
  }

  /** Returns the error for a command that the configuration or the frozen state disables (qemu-ga §1.5). */
  static commandDisabled(name: string): CommandError {
    return new CommandError(`Command ${name} has been disabled: the command is not allowed`, {
      class: 'CommandNotFound',
    });
  }
}

/** Text contains a character that is not base64 (qemu-ga §4). */
export class Base64Error extends CommandError {
  override readonly name = 'Base64Error';

  constructor() {
    super('Base64 data contains invalid characters');
  }
}

/**
 * - `unencodable`: a value has no JSON form (a function, a symbol, text that is not Unicode);
 * - `bad-reply`: a reply does not match the schema.
 */
export type WireErrorCode = 'unencodable' | 'bad-reply';

/** A value cannot be sent, or a received one does not match the schema. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
