import type { CommandDescriptor } from '@guestwire/schema';
import { callChecked } from './calls.js';
import { guestCommand } from './for-each-guest.js';
import { type Column, table } from './output/table.js';

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
