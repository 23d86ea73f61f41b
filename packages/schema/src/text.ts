/** The encoding of text and base64 on the wire, and the memory of long text. */
export { decodeGroups, GROUPS_WINDOW, isDigit } from './base64-groups.js';
export * from './long-text.js';
export * from './modified-utf8.js';
