/** Bytes to messages: the reader, its limits, and the encoding of text. */
export { decodeText, encodeText } from '@guestwire/schema/text';
export { type MessageLimits, REPLY_LIMITS, REQUEST_LIMITS } from './limits.js';
export { MessageReader, type ParsedMessage } from './reader.js';
