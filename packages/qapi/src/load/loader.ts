/** Loads a schema: parses its files, applies directives, joins definitions and documentation (qemu-ga §10.3, §10.6). */
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import type { Reporter } from '../diagnostics/diagnostics.js';
import { createSource, type Dialect, includeChain, type Source, type Span } from '../source.js';
import { parseFile } from '../syntax/parser.js';
import type { BrokenNode, DocNode, ObjectNode, SyntaxFile } from '../syntax/tree.js';
import { applyPragma, initialPragmas, type Pragmas, permissivePragmas } from './pragma.js';
import { decodeFile, failureText } from './read-file.js';

/** An expression that should be a definition. */
export interface Expression {
  readonly kind: 'expression';
  readonly object: ObjectNode;
  readonly doc?: DocNode;
}

/** One file. The modules form a tree: an inclusion loop is an error. */
export interface LoadedModule {
  /** As {@link Module.name} of the model. */
  readonly name: string;
  /** In the order of the file, each `include` in its place. */
  readonly items: (Expression | DocNode | BrokenNode | Inclusion)[];
}

/** The first inclusion of a module. */
interface Inclusion {
  readonly kind: 'inclusion';
  readonly module: LoadedModule;
}

export interface Program {
  readonly main: LoadedModule;
  readonly pragmas: Pragmas;
  /** False if a file is missing, which may define types that are unknown. */
  readonly complete: boolean;
  /** The files in the order of their loading. */
  readonly sources: readonly Source[];
}

export interface LoadOptions {
  readonly dialect: Dialect;
  /** True if the documentation of each file may have the forms from before QEMU 9.1, not only of those that show them. */
  readonly oldDocs: boolean;
  readonly readFile: (path: string) => Uint8Array;
  readonly reporter: Reporter;
}

/** The maximum depth of nested includes. */
const MAX_INCLUDE_DEPTH = 100;

/** Loads a schema. Returns undefined, after a report, if the main file cannot be read. */
export function loadProgram(path: string, options: LoadOptions): Program | undefined {
  const loader = new Loader(path, options);
  const main = loader.load(path);
  const { complete, sources } = loader;
  const pragmas = complete ? loader.pragmas : permissivePragmas();
  return main && { main, pragmas, complete, sources };
}

class Loader {
  readonly pragmas = initialPragmas();
  complete = true;
  readonly sources: Source[] = [];
  readonly #root: string;
  readonly #options: LoadOptions;
  readonly #reporter: Reporter;
  readonly #included = new Set<string>();

  constructor(path: string, options: LoadOptions) {
    this.#root = dirname(resolve(path));
    this.#options = options;
    this.#reporter = options.reporter;
  }

  load(file: string, by?: Span): LoadedModule | undefined {
    this.#included.add(resolve(file));
    const source = this.#read(file, by);
    if (!source) return undefined;
    const module: LoadedModule = { name: relative(this.#root, resolve(file)), items: [] };
    this.sources.push(source);
    const { dialect, oldDocs } = this.#options;
    this.#addItems(module, parseFile(source, { dialect, oldDocs }, this.#reporter));
    return module;
  }

  #read(file: string, by: Span | undefined): Source | undefined {
    try {
      const { text, valid } = decodeFile(this.#options.readFile(file));
      const source = createSource(file, text, by);
      if (!valid) {
        const start = Math.max(0, source.text.indexOf('\ufffd'));
        this.#reporter.error('not-utf-8', 'not a UTF-8 file', { source, start, end: start + 1 });
      }
      return source;
    } catch (failure) {
      const what = `can't read ${by ? 'include' : 'schema'} file '${file}': ${failureText(failure)}`;
      if (by) this.#reporter.error('include-failed', what, by, { hint: HINT_INCLUDE });
      else this.#reporter.error('read-failed', what);
      this.complete = false;
      return undefined;
    }
  }

  #addItems(module: LoadedModule, { source, items }: SyntaxFile): void {
    let doc: DocNode | undefined;
    for (const item of items) {
      const isExpression =
        item.kind === 'object' && !item.entries.has('include') && !item.entries.has('pragma');
      if (!isExpression && item.kind !== 'broken') this.#reportUnused(doc);
      if (item.kind !== 'object') {
        module.items.push(item);
      } else if (item.entries.has('include')) {
        this.#include(module, source, item);
      } else if (item.entries.has('pragma')) {
        this.#applyPragmas(item);
      } else {
        const documentation = doc && this.#documentationOf(item, doc);
        if (documentation) module.items.pop();
        const documented = documentation && { doc: documentation };
        module.items.push({ kind: 'expression', object: item, ...documented });
      }
      doc = item.kind === 'doc' ? item : undefined;
    }
    this.#reportUnused(doc);
  }

  #reportUnused(doc: DocNode | undefined): void {
    if (!doc?.symbol || doc.broken || this.#options.dialect === '2012') return;
    const message = `documentation for '${doc.symbol.value}' is not followed by the definition`;
    this.#reporter.error('doc-not-followed', message, doc.symbol.span);
  }

  /** In 2012 a comment without a name documents the definition on the next line; today it is an error. */
  #documentationOf(object: ObjectNode, doc: DocNode): DocNode | undefined {
    if (doc.symbol || doc.broken) return doc;
    if (this.#options.dialect === '2012') {
      const between = doc.span.source.text.slice(doc.span.end, object.span.start);
      const adjacent = /^\s*$/.test(between) && between.indexOf('\n') === between.lastIndexOf('\n');
      return doc.text !== '' && adjacent ? doc : undefined;
    }
    const message = 'definition documentation required';
    this.#reporter.error('doc-not-definition', message, doc.span, { hint: HINT_DEFINITION });
    return { ...doc, broken: true };
  }

  #include(module: LoadedModule, source: Source, { entries, span }: ObjectNode): void {
    const value = entries.get('include')?.value;
    if (entries.size !== 1) {
      this.#reporter.error('include-invalid', "invalid 'include' directive", span);
      this.complete = false;
      return;
    }
    if (value?.kind !== 'string') {
      const message = "value of 'include' must be a string";
      this.#reporter.error('include-not-string', message, value?.span ?? span);
      this.complete = false;
      return;
    }
    const file = joinPath(source.path, value.value);
    const chain = includeChain(source);
    if ([source, ...chain.map((by) => by.source)].some((open) => resolve(open.path) === resolve(file))) {
      this.#reporter.error('include-loop', `inclusion loop for ${value.value}`, value.span);
    } else if (chain.length >= MAX_INCLUDE_DEPTH) {
      const message = `includes nested deeper than ${MAX_INCLUDE_DEPTH} files`;
      this.#reporter.error('include-too-deep', message, value.span);
      this.complete = false;
    } else if (!this.#included.has(resolve(file))) {
      const loaded = this.load(file, span);
      if (loaded) module.items.push({ kind: 'inclusion', module: loaded });
    }
  }

  #applyPragmas({ entries, span }: ObjectNode): void {
    const value = entries.get('pragma')?.value;
    if (entries.size !== 1) {
      this.#reporter.error('pragma-invalid', "invalid 'pragma' directive", span);
    } else if (value?.kind !== 'object') {
      this.#reporter.error('pragma-not-object', "value of 'pragma' must be an object", value?.span ?? span);
    } else {
      for (const entry of value.entries.values())
        applyPragma(this.pragmas, entry, this.#options.dialect, this.#reporter);
    }
  }
}

/** Not normalised, since messages show the path as it was written. */
function joinPath(including: string, path: string): string {
  return isAbsolute(path) ? path : including.slice(0, including.lastIndexOf('/') + 1) + path;
}

const HINT_DEFINITION = "begin the comment with '# @NAME:', or end it before another";
const HINT_INCLUDE = 'types that this file may define are not reported as unknown';
