/** Builds one TypeScript module from documents; the imports follow from the {@link ImportedName}s in them. */
import { type Document, group, type ImportedName, ifBroken, indent, join, layout, line } from './document.js';
import { quoted } from './literals.js';

/** The preferred length of a line in columns. */
const WIDTH = 110;

/** A TypeScript module under construction. */
export interface TypeScriptFile {
  /** The path in the output folder, with `/`. */
  readonly path: string;
  /** Reserves a name for the file; an import of the same name gets an alias. */
  declare(name: string): void;
  /** Adds a statement; statements are separated by an empty line. */
  print(statement: Document): void;
  /** Adds `export * from`. */
  reExport(from: string): void;
  /** Returns the text of the module, with a final line end. `header` is one line without `//`. */
  render(header: string): string;
}

/** Returns a value (or a value and type) of another module. */
export function importValue(name: string, from: string): ImportedName {
  return { kind: 'import', name, from, typeOnly: false };
}

/** Returns a type of another module. */
export function importType(name: string, from: string): ImportedName {
  return { kind: 'import', name, from, typeOnly: true };
}

/** Creates a module. */
export function typeScriptFile(path: string): TypeScriptFile {
  const declared = new Set<string>();
  const statements: Document[] = [];
  const reExports: string[] = [];
  return {
    path,
    declare: (name) => void declared.add(name),
    print: (statement) => void statements.push(statement),
    reExport: (from) => void reExports.push(`export * from ${quoted(from)};`),
    render(header) {
      const imports = new Imports(declared);
      const print = (statement: Document) => layout(statement, WIDTH, (name) => imports.localName(name));
      const printed = statements.map(print);
      const importLines = importStatements(imports.all).map(print);
      const head = [`// ${header}`, importLines.join('\n'), reExports.join('\n')];
      const blocks = [...head, ...printed];
      return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
    },
  };
}

/** One import; `local` is the name in the file, `typeOnly` is true if all uses are types. */
type Import = Pick<ImportedName, 'name' | 'from'> & { readonly local: string; typeOnly: boolean };

/** The imports of a file, in the order of their first uses. */
class Imports {
  readonly #bySource = new Map<string, Map<string, Import>>();
  readonly #taken: Set<string>;
  readonly #all: Import[] = [];

  /** @param declared the names that the file declares */
  constructor(declared: ReadonlySet<string>) {
    this.#taken = new Set(declared);
  }

  get all(): readonly Import[] {
    return this.#all;
  }

  /** Adds a use of an imported name, and returns the name in the file. */
  localName({ name, from, typeOnly }: ImportedName): string {
    const names = this.#bySource.get(from) ?? new Map<string, Import>();
    const known = names.get(name);
    if (known) {
      known.typeOnly &&= typeOnly;
      return known.local;
    }
    let local = name;
    for (let number = 1; this.#taken.has(local); number += 1) local = `${name}$${number}`;
    this.#taken.add(local);
    const added = { name, from, local, typeOnly };
    this.#bySource.set(from, names.set(name, added));
    this.#all.push(added);
    return local;
  }
}

/** Returns one statement per module: packages first, then files from the outermost folder inwards. */
function importStatements(imports: readonly Import[]): Document[] {
  return [...new Set(imports.map(({ from }) => from))]
    .sort((left, right) => distance(left) - distance(right) || compare(left, right))
    .map((from) => {
      const names = imports.filter((name) => name.from === from);
      const typesOnly = names.every(({ typeOnly }) => typeOnly);
      const specifiers = names
        .sort((left, right) => compare(left.name, right.name))
        .map(
          ({ name, local, typeOnly }) =>
            (typeOnly && !typesOnly ? 'type ' : '') + (local === name ? name : `${name} as ${local}`),
        );
      const list = indent([line, join(specifiers, [',', line]), ifBroken(',')]);
      return group([typesOnly ? 'import type {' : 'import {', list, line, `} from ${quoted(from)};`]);
    });
}

function distance(from: string): number {
  if (!from.startsWith('.')) return 0;
  return from.startsWith('./') ? 1000 : 1000 - from.split('../').length;
}

function compare(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  if (a === b) return left < right ? -1 : Number(left > right);
  return a < b ? -1 : 1;
}
