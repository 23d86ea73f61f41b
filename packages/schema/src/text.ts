/** The encoding of text and base64 on the wire, and the memory of long text. */
export { decodeGroups, GROUPS_AT_ONCE, isDigit } from './base64-groups.js';
export { BLOCK_SIZE, GROUP_LENGTH, Groups, giveBack, newBlock, type Piece, textOf } from './long-text.js';
export {
  asBuffer,
  decodeText,
  encodeText,
  isValidCodePoint,
  LONGEST_SEQUENCE,
  readSequence,
  type Sequence,
  wellFormed,
} from './modified-utf8.js';
