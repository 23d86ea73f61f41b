/** Parses command lines: `--name`, `--name VALUE`, `--name=VALUE`, `-n VALUE`, `-nVALUE`, and `--` before operands. */

import { suggestion } from '../diagnostics/suggest.js';

/** The specification of an option: a flag, a value (the last one applies), or a list of values. */
interface OptionSpec {
  readonly kind: 'flag' | 'value' | 'list';
  /** The letter of the short form. */
  readonly short?: string;
}

/** The options of a command by their long names. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The values of options by their long names. */
type Options<S extends OptionSpecs> = {
  readonly [Name in keyof S]: S[Name]['kind'] extends 'flag'
    ? boolean
    : S[Name]['kind'] extends 'list'
      ? readonly string[]
      : string | undefined;
};

export interface Parsed<S extends OptionSpecs> {
  readonly options: Options<S>;
  readonly operands: readonly string[];
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses a command line. @throws {@link UsageError} */
export function parseArguments<const S extends OptionSpecs>(specs: S, args: readonly string[]): Parsed<S> {
  const given = new Map<string, string[]>(Object.keys(specs).map((name) => [name, []]));
  const operands: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      operands.push(...rest.splice(0));
    } else if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
    } else {
      const { name, shown, attached } = splitOption(specs, arg);
      const flag = specs[name]?.kind === 'flag';
      if (flag && attached !== undefined) throw new UsageError(`option '${shown}' takes no value`);
      const value = flag ? '' : (attached ?? rest.shift());
      if (value === undefined) throw new UsageError(`option '${shown}' needs a value`);
      given.get(name)?.push(value);
    }
  }
  return { options: results(specs, given), operands };
}

/** Returns the name of an option, its spelling, and the value that is part of the argument. */
function splitOption(specs: OptionSpecs, arg: string) {
  if (arg.startsWith('--')) {
    const equals = arg.indexOf('=');
    const shown = equals === -1 ? arg : arg.slice(0, equals);
    const name = shown.slice(2);
    if (!Object.hasOwn(specs, name)) {
      const hint = suggestion(
        shown,
        Object.keys(specs).map((known) => `--${known}`),
      );
      throw new UsageError(`unknown option '${shown}'${hint === undefined ? '' : `; ${hint}`}`);
    }
    return { name, shown, attached: equals === -1 ? undefined : arg.slice(equals + 1) };
  }
  const shown = arg.slice(0, 2);
  const [name] = Object.entries(specs).find(([, { short }]) => short === arg[1]) ?? [];
  if (name === undefined) throw new UsageError(`unknown option '${shown}'`);
  return { name, shown, attached: arg.length > 2 ? arg.slice(2) : undefined };
}

function results<S extends OptionSpecs>(specs: S, given: ReadonlyMap<string, readonly string[]>): Options<S> {
  const entries = Object.entries(specs).map(([name, { kind }]) => {
    const values = given.get(name) ?? [];
    if (kind === 'list') return [name, values];
    return [name, kind === 'flag' ? values.length > 0 : values.at(-1)];
  });
  // The entries have the types that the mapped type gives to their kinds.
  return Object.fromEntries(entries) as Options<S>;
}
