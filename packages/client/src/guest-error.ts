/**
 * Why a call failed:
 * - `timeout`: no reply in time. If the command had been sent, whether it was carried out is not known;
 * - `closed`: there is no connection, or it ended before the reply;
 * - `protocol`: what arrived does not conform to the contract;
 * - `unsupported`: the agent does not have the command;
 * - `disabled`: the agent has the command, but its operator or its frozen state forbids it;
 * - `command`: the command was carried out, and failed;
 * - `aborted`: the caller's signal fired. If the command had been sent, whether it was carried out is not known.
 */
export type GuestErrorCode =
  | 'timeout'
  | 'closed'
  | 'protocol'
  | 'unsupported'
  | 'disabled'
  | 'command'
  | 'aborted';

/** Details of a {@link GuestError}. */
export interface GuestErrorDetails {
  /** The command of the call. */
  readonly command?: string | undefined;
  /** The error class that the guest sent, such as `GenericError`. */
  readonly class?: string | undefined;
  /** The error text that the guest sent. Do not trust it. */
  readonly desc?: string | undefined;
  readonly cause?: unknown;
}

/** The error of every rejection of a {@link Guest}. */
export class GuestError extends Error {
  override readonly name = 'GuestError';
  readonly code: GuestErrorCode;
  readonly command: string | undefined;
  readonly class: string | undefined;
  readonly desc: string | undefined;

  constructor(code: GuestErrorCode, message: string, details: GuestErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.command = details.command;
    this.class = details.class;
    this.desc = details.desc;
  }
}

/** Returns true for a {@link GuestError}, of this code if one is given. */
export function isGuestError(value: unknown, code?: GuestErrorCode): value is GuestError {
  return value instanceof GuestError && (code === undefined || value.code === code);
}

/** The error in a reply. */
export interface ErrorReply {
  readonly class: string;
  readonly desc: string;
}

/** The text of agents before 9.1 for a command that is not built in (qemu-ga §5.1). */
const NOT_SUPPORTED = 'this feature or command is not currently supported';

/** Returns the code of an error that an agent replied with. */
export function codeOf({ class: errorClass, desc }: ErrorReply): 'disabled' | 'unsupported' | 'command' {
  // A disabled command had a separate class until 1.1, and GenericError until 4.1 (qemu-ga §13).
  if (errorClass === 'CommandDisabled') return 'disabled';
  if (/ has been disabled(\b|$)/.test(desc) && / ?command /i.test(desc)) return 'disabled';
  if (errorClass === 'CommandNotFound' || errorClass === 'Unsupported' || desc === NOT_SUPPORTED) {
    return 'unsupported';
  }
  return 'command';
}

/** Returns the error for an error reply of an agent. */
export function errorFromGuest(command: string, error: ErrorReply): GuestError {
  return new GuestError(codeOf(error), `${command}: ${error.desc}`, { command, ...error });
}
