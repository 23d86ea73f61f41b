/** Returns the error for an argument that a function does not accept: a `TypeError` with the code that Node's have. */
export function invalidArgument(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_VALUE' });
}
