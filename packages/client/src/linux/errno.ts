import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno).map(([name, number]) => [number, name]),
);

/**
 * The error of a system call that was made past Node, in the shape of Node's own.
 *
 * @param result what it gave: a negated error number
 */
export function systemError(syscall: string, result: number): NodeJS.ErrnoException {
  const code = names.get(-result) ?? `error ${-result}`;
  const text = getSystemErrorMap().get(result)?.[1] ?? code;
  return Object.assign(new Error(`${syscall}: ${text}`), { errno: result, code, syscall });
}
