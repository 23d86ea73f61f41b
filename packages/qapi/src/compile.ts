/** The front end: compiles a schema file to a checked schema and diagnostics. */
import { type Diagnostic, DiagnosticCollector, inTextOrder } from './diagnostics/diagnostics.js';
import { loadProgram } from './load/loader.js';
import { readFileBounded } from './load/read-file.js';
import type { Schema } from './model.js';
import { resolveProgram } from './semantics/resolve.js';
import type { Dialect } from './source.js';
import { validateProgram } from './validate/program.js';

/** Options of {@link compileSchema}. */
export interface CompileOptions {
  /** Defaults to `modern`. */
  readonly dialect?: Dialect;
  /** Reads a file; an exception becomes a diagnostic. Defaults to the file system. */
  readonly readFile?: (path: string) => Uint8Array;
}

/** The result of {@link compileSchema}. */
export interface CompileResult {
  /** Absent exactly if a diagnostic is an error. */
  readonly schema: Schema | undefined;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Compiles the schema at `path` with the files that it includes, which may be compressed with gzip. Every error of the
 * input is a diagnostic; it never throws.
 */
export function compileSchema(path: string, options: CompileOptions = {}): CompileResult {
  const { dialect = 'modern', readFile = readFileBounded } = options;
  const reporter = new DiagnosticCollector();
  const program = loadProgram(path, { dialect, readFile, reporter });
  const schema = program && resolveProgram(validateProgram(program, dialect, reporter), reporter);
  const diagnostics = inTextOrder(reporter.diagnostics);
  return { schema: reporter.errors === 0 ? schema : undefined, diagnostics };
}
