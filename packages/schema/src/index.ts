/**
 * The run-time part of a QAPI schema, for generated code and for agent and client: the types of descriptors, values as they arrive
 * over the wire, and checks of values against descriptors. `@guestwire/schema/text` adds what readers and writers of the wire need.
 */
export { Base64Data } from './base64.js';
export { checkArguments, checkReply } from './check.js';
export * from './descriptor.js';
export { Base64Error, CommandError, type ErrorClass, WireError, type WireErrorCode } from './errors.js';
export { LongText } from './long-text.js';
export { Double, isText, type Text, WireObject, type WireValue } from './values.js';
