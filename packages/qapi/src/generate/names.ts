/** Identifiers for what a schema defines. No two things of one schema share one, so that an index can re-export all. */

/** Words that cannot name a constant or type, and names that a module of either kind has for itself. */
const RESERVED = new Set(
  (
    'any arguments as async await bigint boolean break case catch class const continue debugger declare default delete do ' +
    'else enum eval exports export extends false finally for from function get global globalThis if implements import in ' +
    'infer instanceof interface is keyof let module namespace never new null number object of package private protected ' +
    'public readonly require return satisfies set static string super switch symbol this throw true try type typeof ' +
    'undefined unique unknown using var void while with yield Infinity NaN'
  ).split(' '),
);

/** Gives out identifiers, each once. */
export interface NameAllocator {
  /**
   * The first free one of the candidates, else the last one with a number.
   * Characters that an identifier cannot have become `_`.
   */
  allocate(...candidates: readonly [string, ...string[]]): string;
}

/** Makes an allocator that has given out nothing but the language's own words. */
export function nameAllocator(): NameAllocator {
  const taken = new Set<string>(RESERVED);
  return {
    allocate(...candidates) {
      const names = candidates.map(identifier);
      let name = names.find((candidate) => !taken.has(candidate));
      for (let number = 2; name === undefined; number += 1) {
        const numbered = `${names.at(-1)}${number}`;
        if (!taken.has(numbered)) name = numbered;
      }
      taken.add(name);
      return name;
    },
  };
}

function identifier(text: string): string {
  const name = text.replaceAll(/[^A-Za-z0-9_$]/g, '_');
  return /^[A-Za-z_$]/.test(name) ? name : `_${name}`;
}

/** `guest-file-read` and `GUEST_FILE_READ` become `guestFileRead`. */
export function camelCase(name: string): string {
  const [first = '', ...rest] = words(name);
  return first + rest.map(capitalized).join('');
}

/** `guest-file-read` and `GUEST_FILE_READ` become `GuestFileRead`. */
export function pascalCase(name: string): string {
  return words(name).map(capitalized).join('');
}

/** Words keep the capitals they have, but those of an event, which is all capitals. */
function words(name: string): string[] {
  const text = /[a-z]/.test(name) ? name : name.toLowerCase();
  return text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
