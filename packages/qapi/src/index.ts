export { type CompileOptions, type CompileResult, compileSchema, type Dialect } from './compile.js';
export { DIAGNOSTIC_CODES, type DiagnosticCode } from './diagnostic-codes.js';
export type { Diagnostic, DiagnosticContext, RelatedPlace, Severity } from './diagnostics.js';
export type * from './model.js';
export { type DiagnosticJson, diagnosticToJson, renderDiagnostic } from './render-diagnostic.js';
export { includeChain, type Place, placeAt, type Source, type Span } from './source.js';
