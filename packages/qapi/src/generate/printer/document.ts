/**
 * Text that knows where it may be broken. A printer composes documents; {@link layout} breaks a group's lines
 * only where the group does not fit, which is how the usual formatters of TypeScript decide too.
 */

/** A name that a file has to import before it can use it. */
export interface ImportedName {
  readonly kind: 'import';
  readonly name: string;
  /** The module specifier, as it is written after `from`. */
  readonly from: string;
  /** True where the name is used as a type only. */
  readonly typeOnly: boolean;
}

/** A space or nothing where the group around it stays on one line, else a line end. */
interface Line {
  readonly kind: 'line';
  readonly flat: string;
  /** True for a line that always ends, and makes all groups around it break. */
  readonly hard: boolean;
}

/** Kept on one line if it fits. */
interface Group {
  readonly kind: 'group';
  readonly content: Document;
  readonly breaks: boolean;
}

/** Lines begun inside are indented by `width` more. */
interface Indent {
  readonly kind: 'indent';
  readonly width: number;
  readonly content: Document;
}

/** One text where the group around it is broken, another where it is not. */
interface IfBroken {
  readonly kind: 'if-broken';
  readonly broken: string;
  readonly flat: string;
}

/** What can be printed. Strings must not contain line ends. */
export type Document = string | ImportedName | Line | Group | Indent | IfBroken | readonly Document[];

/** A space, or a line end in a broken group. */
export const line: Document = { kind: 'line', flat: ' ', hard: false };

/** Nothing, or a line end in a broken group. */
export const softLine: Document = { kind: 'line', flat: '', hard: false };

/** A line end. */
export const hardLine: Document = { kind: 'line', flat: '', hard: true };

/** Keeps `content` on one line if that is possible and `breaks` is not set. */
export function group(content: Document, breaks = false): Document {
  return { kind: 'group', content, breaks: breaks || mustBreak(content) };
}

/** Indents the lines begun in `content`. */
export function indent(content: Document, width = 2): Document {
  return { kind: 'indent', width, content };
}

/** `broken` in a broken group, `flat` in one that fits on its line. */
export function ifBroken(broken: string, flat = ''): Document {
  return { kind: 'if-broken', broken, flat };
}

/** Puts `separator` between the items. */
export function join(items: readonly Document[], separator: Document): Document {
  return items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]));
}

function mustBreak(document: Document): boolean {
  if (typeof document === 'string') return false;
  if (isSequence(document)) return document.some(mustBreak);
  switch (document.kind) {
    case 'line':
      return document.hard;
    case 'group':
      return document.breaks;
    case 'indent':
      return mustBreak(document.content);
    default:
      return false;
  }
}

function isSequence(document: Document): document is readonly Document[] {
  return Array.isArray(document);
}

/** A document that is still to be laid out, and how. */
interface Piece {
  readonly document: Document;
  readonly indent: number;
  readonly broken: boolean;
}

/** Pushes documents so that the first one is popped first. */
function pushAll(stack: Piece[], documents: readonly Document[], indent: number, broken: boolean): void {
  for (let index = documents.length - 1; index >= 0; index -= 1) {
    const document = documents[index];
    if (document !== undefined) stack.push({ document, indent, broken });
  }
}

/** Whether `content`, laid out flat, and what follows it up to the next line end fit into `room` columns. */
function fits(
  content: Document,
  rest: readonly Piece[],
  room: number,
  nameOf: (name: ImportedName) => string,
): boolean {
  let left = room;
  let next = rest.length;
  const stack: Piece[] = [{ document: content, indent: 0, broken: false }];
  while (left >= 0) {
    const piece = stack.pop() ?? rest[--next];
    if (piece === undefined) return true;
    const { document, broken } = piece;
    if (typeof document === 'string') left -= document.length;
    else if (isSequence(document)) pushAll(stack, document, 0, broken);
    else {
      switch (document.kind) {
        case 'import':
          left -= nameOf(document).length;
          break;
        case 'line':
          if (document.hard || broken) return true;
          left -= document.flat.length;
          break;
        case 'group':
          stack.push({ document: document.content, indent: 0, broken: broken && document.breaks });
          break;
        case 'indent':
          stack.push({ document: document.content, indent: 0, broken });
          break;
        case 'if-broken':
          left -= (broken ? document.broken : document.flat).length;
          break;
      }
    }
  }
  return false;
}

/** Lays `document` out in lines of at most `width` columns where that can be done. */
export function layout(document: Document, width: number, nameOf: (name: ImportedName) => string): string {
  let text = '';
  let column = 0;
  let atStart = false;
  const put = (part: string) => {
    if (part === '') return;
    if (atStart) text += ' '.repeat(column);
    atStart = false;
    text += part;
    column += part.length;
  };
  const stack: Piece[] = [{ document, indent: 0, broken: true }];
  for (let piece = stack.pop(); piece !== undefined; piece = stack.pop()) {
    const { document: part, indent: depth, broken } = piece;
    if (typeof part === 'string') put(part);
    else if (isSequence(part)) pushAll(stack, part, depth, broken);
    else {
      switch (part.kind) {
        case 'import':
          put(nameOf(part));
          break;
        case 'line':
          if (broken) {
            text += '\n';
            column = depth;
            atStart = true;
          } else put(part.flat);
          break;
        case 'group': {
          const fitting = !part.breaks && fits(part.content, stack, width - column, nameOf);
          stack.push({ document: part.content, indent: depth, broken: !fitting });
          break;
        }
        case 'indent':
          stack.push({ document: part.content, indent: depth + part.width, broken });
          break;
        case 'if-broken':
          put(broken ? part.broken : part.flat);
          break;
      }
    }
  }
  return text;
}
