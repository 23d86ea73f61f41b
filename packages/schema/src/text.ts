/** The encoding of text and base64 on the wire, and the memory of long text. */
export * from './block-pool.js';
export * from './idle-timer.js';
export * from './long-text.js';
export * from './modified-utf8.js';
