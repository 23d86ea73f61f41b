/** The encoding of text and base64 on the wire, and the memory of long text. */
export * from './long-text.js';
export * from './modified-utf8.js';
