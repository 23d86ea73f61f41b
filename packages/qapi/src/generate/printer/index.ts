/** A printer for TypeScript modules, for custom generators: documents are laid out, imports are derived from them. */
export * from './document.js';
export * from './literals.js';
export { importType, importValue, type TypeScriptFile, typeScriptFile } from './typescript-file.js';
