/**
 * A printer for TypeScript modules, for back ends of one's own: statements are documents that are broken into lines
 * where they have to be, and imports follow from what is printed.
 */
export * from './document.js';
export * from './literals.js';
export { importType, importValue, type TypeScriptFile, typeScriptFile } from './typescript-file.js';
