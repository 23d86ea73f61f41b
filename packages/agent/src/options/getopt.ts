export interface OptionSpec<Name extends string = string> {
  readonly name: Name;
  readonly short?: string;
  /** An `optional` one must be attached (`-F/path`, `--hook=/path`). */
  readonly argument: 'none' | 'required' | 'optional';
  /** True for options that qemu-ga does not have: they do not make its abbreviations ambiguous. */
  readonly ours?: true;
  /** False for an option without a long form. */
  readonly long?: false;
}

/** An option of a command line, another word, or a complaint with the text of `getopt_long`. */
export type Given<Name extends string = string> =
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'option'; readonly name: Name; readonly value: string | undefined }
  | { readonly kind: 'error'; readonly text: string };

/**
 * Parses a command line as `getopt_long` does (qemu-ga §8.1): unambiguous long names may be abbreviated, short options may
 * be joined, options are recognized between other words, `--` ends the options.
 */
export function* getopt<Name extends string>(
  args: readonly string[],
  specs: readonly OptionSpec<Name>[],
): Generator<Given<Name>, void, undefined> {
  const words = args.values();
  for (const word of words) {
    if (word === '--') {
      for (const value of words) yield { kind: 'word', value };
      return;
    }
    if (word.startsWith('--')) {
      const [, typed = '', attached] = /^--([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
      const matches = matchLong(typed, specs);
      const [spec] = matches;
      if (spec === undefined) yield complaint(`unrecognized option '${word}'`);
      else if (matches.length > 1) {
        const possibilities = matches.map(({ name }) => `'--${name}'`).join(' ');
        yield complaint(`option '${word}' is ambiguous; possibilities: ${possibilities}`);
      } else if (spec.argument === 'none' && attached !== undefined) {
        yield complaint(`option '--${spec.name}' doesn't allow an argument`);
      } else yield option(spec, attached, words, `option '--${spec.name}' requires an argument`);
    } else if (word.startsWith('-')) {
      for (let at = 1; at < word.length; at += 1) {
        const letter = word.charAt(at);
        const spec = specs.find(({ short }) => short === letter);
        if (spec === undefined) {
          yield complaint(`invalid option -- '${letter}'`);
          continue;
        }
        const attached = spec.argument === 'none' ? undefined : word.slice(at + 1) || undefined;
        yield option(spec, attached, words, `option requires an argument -- '${letter}'`);
        if (spec.argument !== 'none') break;
      }
    } else {
      yield { kind: 'word', value: word };
    }
  }
}

/** Takes a required argument that is not attached from the next word. */
function option<Name extends string>(
  { name, argument }: OptionSpec<Name>,
  attached: string | undefined,
  words: Iterator<string, unknown>,
  missing: string,
): Given<Name> {
  if (argument !== 'required' || attached !== undefined) return { kind: 'option', name, value: attached };
  const next = words.next();
  return next.done === true ? complaint(missing) : { kind: 'option', name, value: next.value };
}

/** Returns the options that `typed` may stand for: the one with that name, else those with that prefix. */
function matchLong<Name extends string>(
  typed: string,
  specs: readonly OptionSpec<Name>[],
): readonly OptionSpec<Name>[] {
  const long = specs.filter((spec) => spec.long !== false);
  const exact = long.filter(({ name }) => name === typed);
  if (exact.length > 0) return exact;
  const matching = long.filter(({ name }) => name.startsWith(typed));
  const theirs = matching.filter(({ ours }) => ours === undefined);
  return theirs.length > 0 ? theirs : matching;
}

function complaint(text: string): { readonly kind: 'error'; readonly text: string } {
  return { kind: 'error', text };
}
