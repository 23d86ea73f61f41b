/**
 * One TypeScript module in the making. Statements are printed into it as documents; a name of another module is
 * an {@link ImportedName} within them, and the imports at the top follow from what was printed.
 */
import {
  type Document,
  group,
  hardLine,
  type ImportedName,
  ifBroken,
  indent,
  join,
  layout,
  line,
} from './document.js';
import { quoted } from './literals.js';

/** Columns of a line, where they suffice. */
const WIDTH = 110;

/** A TypeScript module in the making. */
export interface TypeScriptFile {
  /** Path in the output folder, with `/`. */
  readonly path: string;
  /** Takes a name for the file's own; an import of the same name gets another one in this file. */
  declare(name: string): void;
  /** Adds a statement; statements are separated by an empty line. */
  print(statement: Document): void;
  /** Adds `export * from`. */
  reExport(from: string): void;
  /** The text of the module, ending in a line end. `header` is one line without `//`. */
  render(header: string): string;
}

/** A value (or a value and type) of another module. */
export function importValue(name: string, from: string): ImportedName {
  return { kind: 'import', name, from, typeOnly: false };
}

/** A type of another module. */
export function importType(name: string, from: string): ImportedName {
  return { kind: 'import', name, from, typeOnly: true };
}

/** Starts a module. */
export function typeScriptFile(path: string): TypeScriptFile {
  const declared = new Set<string>();
  const statements: Document[] = [];
  const reExports: string[] = [];
  return {
    path,
    declare: (name) => void declared.add(name),
    print: (statement) => void statements.push(statement),
    reExport: (from) => void reExports.push(from),
    render(header) {
      const imports = collectImports(statements, declared);
      const nameOf = (name: ImportedName) => imports.get(importKey(name))?.local ?? name.name;
      const print = (statement: Document) => layout(statement, WIDTH, nameOf);
      const blocks = [
        `// ${header}`,
        importStatements([...imports.values()])
          .map(print)
          .join('\n'),
        reExports.map((from) => `export * from ${quoted(from)};`).join('\n'),
        ...statements.map(print),
      ];
      return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
    },
  };
}

interface Import {
  readonly name: string;
  readonly from: string;
  /** What the file calls it. */
  readonly local: string;
  /** True if it is used as a type and nowhere else. */
  typeOnly: boolean;
}

function importKey({ name, from }: ImportedName): string {
  return `${name} ${from}`;
}

function collectImports(statements: readonly Document[], declared: ReadonlySet<string>): Map<string, Import> {
  const imports = new Map<string, Import>();
  const taken = new Set(declared);
  const visit = (document: Document): void => {
    if (typeof document === 'string') return;
    if (!('kind' in document)) {
      document.forEach(visit);
      return;
    }
    if (document.kind === 'group' || document.kind === 'indent') visit(document.content);
    if (document.kind !== 'import') return;
    const known = imports.get(importKey(document));
    if (known) {
      known.typeOnly &&= document.typeOnly;
      return;
    }
    const { name, from, typeOnly } = document;
    let local = name;
    for (let number = 1; taken.has(local); number += 1) local = `${name}$${number}`;
    taken.add(local);
    imports.set(importKey(document), { name, from, local, typeOnly });
  };
  statements.forEach(visit);
  return imports;
}

/** One statement per module: packages first, then what is further away in the folders. */
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
      return group([
        typesOnly ? 'import type {' : 'import {',
        indent([line, join(specifiers, [',', line]), ifBroken(',')]),
        line,
        `} from ${quoted(from)};`,
      ]);
    });
}

function distance(from: string): number {
  if (!from.startsWith('.')) return 0;
  return from.startsWith('./') ? 1000 : 1000 - from.split('../').length;
}

function compare(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  if (a !== b) return a < b ? -1 : 1;
  return left < right ? -1 : Number(left > right);
}

/** Lines of a comment or code that must stay as they are. */
export function verbatim(lines: readonly string[]): Document {
  return join(lines, hardLine);
}
