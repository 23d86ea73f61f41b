/**
 * The requests and replies of the guest agent, and the values and errors of `@guestwire/schema` that they hold.
 *
 * - `@guestwire/protocol/contract`: all commands and types of the guest agent
 * - `@guestwire/protocol/wire`: the reader of messages, its limits, and the encoding of text
 */
export {
  Base64Data,
  Base64Error,
  CommandError,
  checkArguments,
  checkReply,
  Double,
  type ErrorClass,
  isText,
  LongText,
  type Text,
  WireError,
  type WireErrorCode,
  WireObject,
  type WireValue,
} from '@guestwire/schema';
export {
  type ErrorBody,
  encodeReply,
  encodeRequest,
  failure,
  parseRequest,
  type Reply,
  type Request,
  SENTINEL,
  success,
} from './envelope.js';
export { type GuestReply, type ReplyEvent, ReplyReader } from './reply-reader.js';
