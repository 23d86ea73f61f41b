import { GuestError, isGuestError } from '@guestwire/client/errors';
import { checkReply, WireError, type WireValue } from '@guestwire/protocol';
import type { CommandDescriptor } from '@guestwire/schema';
import { type GuestContext, guestCommand } from './for-each-guest.js';
import { type Column, table } from './output/table.js';

/**
 * Calls a command of the contract. Returns its return value, validated, and `raw` as it arrived, with the members that a newer agent
 * adds; `--json` prints that.
 *
 * @throws {GuestError} `protocol` if the reply does not match the contract, and the errors of a call
 */
export async function callChecked<A, R>(
  { guest, options }: Pick<GuestContext, 'guest' | 'options'>,
  command: CommandDescriptor<A, R>,
  args?: A & object,
): Promise<{ readonly value: R; readonly raw: WireValue }> {
  const raw = await guest.callRaw(command.name, args, options);
  try {
    return { value: checkReply(command, raw), raw };
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new GuestError('protocol', cause.message, { command: command.name, cause });
  }
}

/** Returns the result of a call, or `undefined` if the agent does not have the command or does not allow it. */
export async function ifSupported<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isGuestError(error, 'unsupported') || isGuestError(error, 'disabled')) return undefined;
    throw error;
  }
}

/**
 * Makes a command that prints the reply to one call as a table.
 *
 * @param rowsOf the cells; sizes are rounded if `human` is true
 * @param empty printed in place of a table without rows
 */
export function tableCommand<A, R>(
  command: CommandDescriptor<A, R>,
  columns: readonly Column[],
  rowsOf: (value: R, human: boolean) => readonly (readonly string[])[],
  empty?: string,
) {
  return guestCommand(async (guestContext) => {
    const { value, raw } = await callChecked(guestContext, command);
    return {
      json: raw,
      text({ human, width }) {
        const rows = rowsOf(value, human);
        return rows.length === 0 && empty !== undefined ? empty : table(columns, rows, width);
      },
    };
  });
}
