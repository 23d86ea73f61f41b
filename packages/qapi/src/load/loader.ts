/**
 * A main file with all that it includes: reads and parses the files, obeys the directives, and joins each
 * definition with its documentation (qemu-ga §10.3, §10.6).
 */
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { Reporter } from '../diagnostics/diagnostics.js';
import { createSource, includeChain, type Source, type Span } from '../source.js';
import type { Dialect } from '../syntax/dialect.js';
import { parseFile } from '../syntax/parser.js';
import type { BrokenNode, DocNode, ObjectNode, SyntaxFile } from '../syntax/tree.js';
import { applyPragma, noPragmas, type Pragmas } from './pragma.js';
import { decodeFile, failureText } from './read-file.js';

/** An expression that is to be a definition. */
export interface Expression {
  readonly kind: 'expression';
  readonly object: ObjectNode;
  readonly doc?: DocNode;
}

/** One file. Files that include each other in turn do not exist: a loop is an error. */
export interface LoadedModule {
  /** As {@link Module.name} of the model. */
  readonly name: string;
  /** In the order of the file; an `include` stands where it was. */
  readonly items: (Expression | DocNode | BrokenNode | Inclusion)[];
}

/** The first inclusion of a module. */
interface Inclusion {
  readonly kind: 'inclusion';
  readonly module: LoadedModule;
}

/** All files of a schema. */
export interface Program {
  readonly main: LoadedModule;
  readonly pragmas: Pragmas;
  /** False if a file is missing, so that what is unknown may be in it. */
  readonly complete: boolean;
}

/** What the loader needs. */
export interface LoadOptions {
  readonly dialect: Dialect;
  readonly readFile: (path: string) => Uint8Array;
  readonly reporter: Reporter;
}

/** How deep files may include one another. */
const MAX_INCLUDE_DEPTH = 100;

/** Loads a schema. Undefined if the main file cannot be read, which is reported. */
export function loadProgram(path: string, { dialect, readFile, reporter }: LoadOptions): Program | undefined {
  const root = dirname(resolve(path));
  const included = new Set<string>();
  const pragmas = noPragmas();
  let complete = true;

  const read = (file: string, by: Span | undefined): Source | undefined => {
    try {
      const { text, valid } = decodeFile(readFile(file));
      const source = createSource(file, text, by);
      if (!valid) {
        const start = Math.max(0, source.text.indexOf('\ufffd'));
        reporter.error('not-utf-8', 'not a UTF-8 file', { source, start, end: start + 1 });
      }
      return source;
    } catch (failure) {
      if (by) {
        reporter.error('include-failed', `can't read include file '${file}': ${failureText(failure)}`, by);
      } else {
        reporter.error('read-failed', `can't read schema file '${file}': ${failureText(failure)}`, undefined);
      }
      complete = false;
      return undefined;
    }
  };

  const load = (file: string, by?: Span): LoadedModule | undefined => {
    included.add(resolve(file));
    const source = read(file, by);
    if (!source) return undefined;
    const module: LoadedModule = { name: relative(root, resolve(file)), items: [] };
    arrange(module, parseFile(source, dialect, reporter));
    return module;
  };

  /** Puts the items of a file into its module, in their order, and obeys its directives. */
  const arrange = (module: LoadedModule, file: SyntaxFile): void => {
    let doc: DocNode | undefined;
    const lonely = (): void => {
      if (doc?.symbol && !doc.broken && dialect === 'modern') {
        const message = `documentation for '${doc.symbol.value}' is not followed by the definition`;
        reporter.error('doc-not-followed', message, doc.symbol.span);
      }
      doc = undefined;
    };
    for (const item of file.items) {
      if (item.kind === 'doc') {
        lonely();
        doc = item;
        module.items.push(item);
      } else if (item.kind === 'broken') {
        doc = undefined;
        module.items.push(item);
      } else if (item.entries.has('include')) {
        lonely();
        include(module, file.source, item);
      } else if (item.entries.has('pragma')) {
        lonely();
        obeyPragma(item);
      } else {
        const own = doc && documenting(doc, item);
        if (own) module.items.pop();
        module.items.push({ kind: 'expression', object: item, ...(own && { doc: own }) });
        doc = undefined;
      }
    }
    lonely();
  };

  /** The documentation of a definition, if the comment before it is that; one that should be is taken for it. */
  const documenting = (doc: DocNode, object: ObjectNode): DocNode | undefined => {
    if (doc.symbol || doc.broken) return doc;
    if (dialect === '2012') {
      const between = doc.span.source.text.slice(doc.span.end, object.span.start);
      const adjacent = /^\s*$/.test(between) && between.indexOf('\n') === between.lastIndexOf('\n');
      return doc.text !== '' && adjacent ? doc : undefined;
    }
    const hint = "begin the comment with '# @NAME:', or end it before another; see also --dialect 2012";
    reporter.error('doc-not-definition', 'definition documentation required', doc.span, { hint });
    return { ...doc, broken: true };
  };

  const include = (module: LoadedModule, source: Source, object: ObjectNode): void => {
    const value = object.entries.get('include')?.value;
    if (object.entries.size !== 1) {
      reporter.error('include-invalid', "invalid 'include' directive", object.span);
    } else if (value?.kind !== 'string') {
      reporter.error('include-not-string', "value of 'include' must be a string", value?.span ?? object.span);
    } else {
      const file = joinPath(source.path, value.value);
      const span = object.span;
      const chain = includeChain(source);
      if ([source, ...chain.map((by) => by.source)].some((open) => resolve(open.path) === resolve(file))) {
        reporter.error('include-loop', `inclusion loop for ${value.value}`, value.span);
      } else if (chain.length >= MAX_INCLUDE_DEPTH) {
        reporter.error(
          'include-too-deep',
          `includes nested deeper than ${MAX_INCLUDE_DEPTH} files`,
          value.span,
        );
        complete = false;
      } else if (!included.has(resolve(file))) {
        const loaded = load(file, span);
        if (loaded) module.items.push({ kind: 'inclusion', module: loaded });
      }
    }
  };

  const obeyPragma = (object: ObjectNode): void => {
    const value = object.entries.get('pragma')?.value;
    if (object.entries.size !== 1) {
      reporter.error('pragma-invalid', "invalid 'pragma' directive", object.span);
    } else if (value?.kind !== 'object') {
      reporter.error('pragma-not-object', "value of 'pragma' must be an object", value?.span ?? object.span);
    } else {
      for (const entry of value.entries.values()) applyPragma(pragmas, entry, reporter);
    }
  };

  const main = load(path);
  return main && { main, pragmas, complete };
}

/** A path beside an including file; not normalised, since messages show it as it was written. */
function joinPath(including: string, path: string): string {
  return isAbsolute(path) ? path : including.slice(0, including.lastIndexOf('/') + 1) + path;
}
