/**
 * What generated code, the agent and the client need of a QAPI schema at run time: the types of descriptors, values as they
 * arrive over the wire, and the checks of values against descriptors. `@guestwire/schema/text` holds what readers and writers of
 * the wire need in addition.
 */
export { Base64Data } from './base64.js';
export { checkArguments, checkReply } from './check.js';
export {
  type AlternateDescriptor,
  type ArgumentsOf,
  type BuiltinDescriptor,
  type BuiltinName,
  builtin,
  type CommandDescriptor,
  type CommandTable,
  type Descriptor,
  type EnumDescriptor,
  type EventDescriptor,
  type EventTable,
  type Int64,
  type IntegerName,
  type ListDescriptor,
  type MemberDescriptor,
  type ReturnsOf,
  type StructDescriptor,
  type Typed,
  type TypeOf,
  type UnionDescriptor,
} from './descriptor.js';
export { Base64Error, CommandError, type ErrorClass, WireError, type WireErrorCode } from './errors.js';
export { LongText } from './long-text.js';
export { Double, isText, type Text, WireObject, type WireValue } from './values.js';
