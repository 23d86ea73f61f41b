/** Bytes to messages: the reader, its limits, and the encoding of text. */
export { decodeText, encodeText } from '@guestwire/schema/text';
export * from './reader.js';
