/**
 * What went wrong between a host and its guest:
 * - `timeout`: no answer in time. Whether the command was carried out is not known, if it had been sent;
 * - `closed`: there is no connection, or it ended before the answer;
 * - `protocol`: what came is not what the contract says;
 * - `unsupported`: the guest's agent does not know the command;
 * - `disabled`: the agent knows the command, but its operator or its frozen state forbids it;
 * - `command`: the command was carried out, and failed;
 * - `aborted`: the caller's signal fired. Whether the command was carried out is not known, if it had been sent.
 */
export type GuestErrorCode =
  | 'timeout'
  | 'closed'
  | 'protocol'
  | 'unsupported'
  | 'disabled'
  | 'command'
  | 'aborted';

/** What is known of an error beside its code and its message. */
export interface GuestErrorDetails {
  /** The command that the caller had asked for. */
  readonly command?: string | undefined;
  /** The class of error that the guest gave, such as `GenericError`. */
  readonly class?: string;
  /** The guest's own text. It comes from the guest: do not trust it. */
  readonly desc?: string;
  readonly cause?: unknown;
}

/** Everything that a {@link Guest} rejects with. */
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

/** Is this an error between host and guest, and of that code if one is named? */
export function isGuestError(value: unknown, code?: GuestErrorCode): value is GuestError {
  return value instanceof GuestError && (code === undefined || value.code === code);
}

/** Agents before 9.1 have words of their own for a command that is not built in (qemu-ga §5.1). */
const NOT_SUPPORTED = 'this feature or command is not currently supported';

/** What an error of the guest means for the command that it answers. */
export function codeOf({
  class: errorClass,
  desc,
}: {
  readonly class: string;
  readonly desc: string;
}): 'disabled' | 'unsupported' | 'command' {
  // The class of a disabled command was its own until 1.1, and GenericError until 4.1 (qemu-ga §13).
  if (errorClass === 'CommandDisabled') return 'disabled';
  if (/ has been disabled(\b|$)/.test(desc) && / ?command /i.test(desc)) return 'disabled';
  if (errorClass === 'CommandNotFound' || errorClass === 'Unsupported' || desc === NOT_SUPPORTED) {
    return 'unsupported';
  }
  return 'command';
}

/** The error that a guest answered a command with. */
export function errorFromGuest(
  command: string,
  error: { readonly class: string; readonly desc: string },
): GuestError {
  return new GuestError(codeOf(error), `${command}: ${error.desc}`, { command, ...error });
}
