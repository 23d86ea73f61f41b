/** The front end: compiles a schema file to a checked schema and diagnostics. */
import { type Diagnostic, DiagnosticCollector, inTextOrder } from './diagnostics/diagnostics.js';
import { detectDialect } from './load/detect-dialect.js';
import { loadProgram } from './load/loader.js';
import { readFileBounded, readStandardInput } from './load/read-file.js';
import type { Schema } from './model.js';
import { resolveProgram } from './semantics/resolve.js';
import type { Dialect, Source } from './source.js';
import { usesDroppedSection } from './syntax/doc-form.js';
import { validateProgram } from './validate/program.js';

/** Options of {@link compileSchema}. */
export interface CompileOptions {
  /**
   * Defaults to `auto`: a schema that has errors today, but shows the forms of an older release and has no errors in its dialect
   * (but for files that cannot be read), is compiled in that.
   */
  readonly dialect?: Dialect | 'auto';
  /** Reads a file; an exception becomes a diagnostic. Defaults to the file system. */
  readonly readFile?: (path: string) => Uint8Array;
}

/** The result of {@link compileSchema}. */
export interface CompileResult {
  /** Absent exactly if a diagnostic is an error. */
  readonly schema: Schema | undefined;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** The dialect in which the schema was compiled. */
  readonly dialect: Dialect;
}

/**
 * Compiles the schema at `path` with the files that it includes, which may be compressed with gzip. Every error of the
 * input is a diagnostic; it never throws.
 */
export function compileSchema(path: string, options: CompileOptions = {}): CompileResult {
  const { dialect = 'auto', readFile = readFileBounded } = options;
  const compiler = new Compiler(path, readOnce(readFile));
  if (dialect !== 'auto') return compiler.compile(dialect).result;
  const { result, sources } = compiler.compile('modern');
  if (!result.diagnostics.some(isErrorOfText)) return result;
  const detected = detectDialect(sources);
  const older = detected === 'modern' ? result : compiler.compile(detected).result;
  return older.diagnostics.some(isErrorOfText) ? result : older;
}

/** Returns true for errors that show that a schema is not of its dialect. */
function isErrorOfText({ severity, code }: Diagnostic): boolean {
  return severity === 'error' && code !== 'include-failed';
}

/** Compiles the schema in standard input, which can include files. Its path in diagnostics is `-`. */
export function compileStandardInput(dialect: Dialect | 'auto'): CompileResult {
  let isRead = false;
  const readFile = (path: string): Uint8Array => {
    if (isRead) return readFileBounded(path);
    isRead = true;
    return readStandardInput();
  };
  return compileSchema('-', { dialect, readFile });
}

interface Compilation {
  readonly result: CompileResult;
  readonly sources: readonly Source[];
}

/** Compiles one schema, in several ways if its form becomes known only at its end. */
class Compiler {
  readonly #path: string;
  readonly #readFile: (path: string) => Uint8Array;

  constructor(path: string, readFile: (path: string) => Uint8Array) {
    this.#path = path;
    this.#readFile = readFile;
  }

  /** If one file has documentation from before QEMU 9.1, the others may have it too. */
  compile(dialect: Dialect): Compilation {
    const compilation = this.#compile(dialect, false);
    const { sources } = compilation;
    if (dialect !== 'modern' || sources.length < 2) return compilation;
    const old = sources.filter(usesDroppedSection).length;
    return old > 0 && old < sources.length ? this.#compile(dialect, true) : compilation;
  }

  #compile(dialect: Dialect, oldDocs: boolean): Compilation {
    const reporter = new DiagnosticCollector();
    const program = loadProgram(this.#path, { dialect, oldDocs, readFile: this.#readFile, reporter });
    const schema = program && resolveProgram(validateProgram(program, dialect, reporter), reporter);
    const diagnostics = inTextOrder(reporter.diagnostics);
    const result = { schema: reporter.errors === 0 ? schema : undefined, diagnostics, dialect };
    return { result, sources: program?.sources ?? [] };
  }
}

/** Returns a function that reads each file once: a pipe cannot be read again. */
function readOnce(readFile: (path: string) => Uint8Array): (path: string) => Uint8Array {
  const files = new Map<string, Uint8Array>();
  return (path) => {
    const content = files.get(path) ?? readFile(path);
    files.set(path, content);
    return content;
  };
}
