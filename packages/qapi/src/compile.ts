/**
 * The front end's entry: a path in, a checked schema and diagnostics out.
 */

import { collectDiagnostics, type Diagnostic, inTextOrder } from './diagnostics/diagnostics.js';
import { loadProgram } from './load/loader.js';
import { readFileBounded } from './load/read-file.js';
import type { Schema } from './model.js';
import { resolveProgram } from './semantics/resolve.js';
import type { Dialect } from './source.js';
import { validateProgram } from './validate/program.js';

/** How to compile. */
export interface CompileOptions {
  /** `modern` unless given. */
  readonly dialect?: Dialect;
  /** Reads a file; what it throws becomes a diagnostic. The file system unless given. */
  readonly readFile?: (path: string) => Uint8Array;
}

/** What came of it. */
export interface CompileResult {
  /** Absent exactly if there is an error among the diagnostics. */
  readonly schema: Schema | undefined;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads the schema at `path` with all that it includes, and checks it. Files compressed with gzip are read as well.
 * Never throws for what a file holds: every fault of the input is a diagnostic.
 */
export function compileSchema(path: string, options: CompileOptions = {}): CompileResult {
  const { dialect = 'modern', readFile = readFileBounded } = options;
  const reporter = collectDiagnostics();
  const program = loadProgram(path, { dialect, readFile, reporter });
  const schema = program && resolveProgram(validateProgram(program, dialect, reporter), reporter);
  return {
    schema: reporter.errors === 0 ? schema : undefined,
    diagnostics: inTextOrder(reporter.diagnostics),
  };
}
