/** Identifiers for the definitions of a schema; unique in the whole schema, so that the main module can re-export all. */

/** Reserved words, and names that a module has by itself. */
const RESERVED = (
  'any arguments as async await bigint boolean break case catch class const continue debugger declare default delete do ' +
  'else enum eval exports export extends false finally for from function get global globalThis if implements import in ' +
  'infer instanceof interface is keyof let module namespace never new null number object of package private protected ' +
  'public readonly require return satisfies set static string super switch symbol this throw true try type typeof ' +
  'undefined unique unknown using var void while with yield Infinity NaN'
).split(' ');

export class NameAllocator {
  readonly #taken: Set<string>;

  /** Reserves the words of the language, and `names`. */
  constructor(...names: readonly string[]) {
    this.#taken = new Set([...RESERVED, ...names]);
  }

  /** Returns the first free candidate, or the last one with a number. Invalid characters become `_`. */
  allocate(...candidates: readonly [string, ...string[]]): string {
    const names = candidates.map(identifier);
    let name = names.find((candidate) => !this.#taken.has(candidate));
    for (let number = 2; name === undefined; number += 1) {
      const numbered = `${names.at(-1)}${number}`;
      if (!this.#taken.has(numbered)) name = numbered;
    }
    this.#taken.add(name);
    return name;
  }
}

const IDENTIFIER = /^[A-Za-z_$][A-Za-z0-9_$]*$/;

function identifier(text: string): string {
  if (IDENTIFIER.test(text)) return text;
  const name = text.replaceAll(/[^A-Za-z0-9_$]/g, '_');
  return /^[A-Za-z_$]/.test(name) ? name : `_${name}`;
}

/** Returns `guestFileRead` for `guest-file-read` and `GUEST_FILE_READ`. */
export function camelCase(name: string): string {
  const [first = '', ...rest] = words(name);
  return first + rest.map(capitalized).join('');
}

/** Returns `GuestFileRead` for `guest-file-read` and `GUEST_FILE_READ`. */
export function pascalCase(name: string): string {
  return words(name).map(capitalized).join('');
}

/** Words keep their capitals, except in names without lower case (events). */
function words(name: string): string[] {
  const text = /[a-z]/.test(name) ? name : name.toLowerCase();
  return text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
