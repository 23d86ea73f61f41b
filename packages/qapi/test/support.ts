/** Compiles schemas in memory, and shortens their diagnostics for assertions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CompileOptions,
  type CompileResult,
  compileSchema,
  placeAt,
  renderDiagnostic,
  type Schema,
  type Severity,
} from '../src/index.js';

/** Compiles the file `main.json` of some files; in today's dialect if the options name none. */
export function compileFiles(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: Omit<CompileOptions, 'readFile'> = {},
): CompileResult {
  return compileSchema('main.json', {
    dialect: 'modern',
    ...options,
    readFile: (path) => {
      const content = Object.hasOwn(files, path) ? files[path] : undefined;
      if (content === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
      return typeof content === 'string' ? Buffer.from(content) : content;
    },
  });
}

/** Compiles one file. */
export function compileText(text: string, options: Omit<CompileOptions, 'readFile'> = {}): CompileResult {
  return compileFiles({ 'main.json': text }, options);
}

/** `LINE:COLUMN: MESSAGE` of each diagnostic of a severity; with the file in front if it is not the main one. */
export function messagesOf(
  { diagnostics }: Omit<CompileResult, 'dialect'>,
  severity: Severity = 'error',
): readonly string[] {
  return diagnostics
    .filter((diagnostic) => diagnostic.severity === severity)
    .map(({ message, span }) => {
      if (!span) return message;
      const { line, column } = placeAt(span.source, span.start);
      const file = span.source.path === 'main.json' ? '' : `${span.source.path}:`;
      return `${file}${line}:${column}: ${message}`;
    });
}

/** Compiles a text without errors. */
export function schemaOf(text: string, options: Omit<CompileOptions, 'readFile'> = {}): Schema {
  const { schema, diagnostics } = compileText(text, options);
  assert.deepEqual(diagnostics.map(renderDiagnostic), []);
  assert.ok(schema);
  return schema;
}

/** A schema, and all errors that it must have. */
export type ErrorCase = readonly [schema: string, ...errors: string[]];

/** Declares a test for each case; the title has the first error. */
export function testErrors(
  cases: readonly ErrorCase[],
  options: Omit<CompileOptions, 'readFile'> = {},
): void {
  for (const [schema, ...errors] of cases) {
    test(`${errors[0] === undefined ? 'accepts' : `reports ${errors[0]} for`} ${JSON.stringify(schema).slice(0, 60)}`, () => {
      const result = compileText(schema, options);
      assert.deepEqual(messagesOf(result), errors);
      assert.equal(result.schema === undefined, errors.length > 0);
    });
  }
}

/** Lines as one text. */
export function lines(...parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}
