/** Documents: text with places for line breaks. As in common formatters, a group's lines break only if it does not fit. */

/** A name that the file must import. */
export interface ImportedName {
  readonly kind: 'import';
  readonly name: string;
  /** The module specifier. */
  readonly from: string;
  /** True if this use is a type. */
  readonly typeOnly: boolean;
}

/** `flat` if the surrounding group is on one line, else a line end. */
interface Line {
  readonly kind: 'line';
  readonly flat: string;
  /** True for a line end that breaks all surrounding groups. */
  readonly hard: boolean;
}

/** Stays on one line if it fits. */
interface Group {
  readonly kind: 'group';
  readonly content: Document;
  readonly breaks: boolean;
}

/** Indents the lines that begin inside by `width`. */
interface Indent {
  readonly kind: 'indent';
  readonly width: number;
  readonly content: Document;
}

/** One text in a broken group, another in a group on one line. */
interface IfBroken {
  readonly kind: 'if-broken';
  readonly broken: string;
  readonly flat: string;
}

/** Text with places for line breaks. Strings must not contain line ends. */
export type Document = string | ImportedName | Line | Group | Indent | IfBroken | readonly Document[];

/** A space, or a line end in a broken group. */
export const line: Document = { kind: 'line', flat: ' ', hard: false };

/** Nothing, or a line end in a broken group. */
export const softLine: Document = { kind: 'line', flat: '', hard: false };

/** A line end. */
export const hardLine: Document = { kind: 'line', flat: '', hard: true };

/** Keeps `content` on one line if it fits and `breaks` is not set. */
export function group(content: Document, breaks = false): Document {
  return { kind: 'group', content, breaks: breaks || mustBreak(content) };
}

/** Indents the lines that begin in `content`. */
export function indent(content: Document, width = 2): Document {
  return { kind: 'indent', width, content };
}

/** Returns `broken` in a broken group, `flat` in a group on one line. */
export function ifBroken(broken: string, flat = ''): Document {
  return { kind: 'if-broken', broken, flat };
}

/** Joins items with a separator. */
export function join(items: readonly Document[], separator: Document): Document {
  return items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]));
}

function mustBreak(document: Document): boolean {
  if (typeof document === 'string') return false;
  if (isSequence(document)) return document.some(mustBreak);
  if (document.kind === 'line') return document.hard;
  if (document.kind === 'group') return document.breaks;
  return document.kind === 'indent' && mustBreak(document.content);
}

function isSequence(document: Document): document is readonly Document[] {
  return Array.isArray(document);
}

/** A document to be laid out. */
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

/** Returns true if `content` on one line, with the rest up to the next line end, fits into `room` columns. */
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
    else if (document.kind === 'import') left -= nameOf(document).length;
    else if (document.kind === 'if-broken') left -= (broken ? document.broken : document.flat).length;
    else if (document.kind === 'line') {
      if (document.hard || broken) return true;
      left -= document.flat.length;
    } else {
      const breaks = broken && (document.kind === 'indent' || document.breaks);
      stack.push({ document: document.content, indent: 0, broken: breaks });
    }
  }
  return false;
}

/** Lays a document out in lines of at most `width` columns where possible. */
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
    else if (part.kind === 'import') put(nameOf(part));
    else if (part.kind === 'if-broken') put(broken ? part.broken : part.flat);
    else if (part.kind === 'indent') {
      stack.push({ document: part.content, indent: depth + part.width, broken });
    } else if (part.kind === 'group') {
      const fitting = !part.breaks && fits(part.content, stack, width - column, nameOf);
      stack.push({ document: part.content, indent: depth, broken: !fitting });
    } else if (broken) {
      text += '\n';
      column = depth;
      atStart = true;
    } else put(part.flat);
  }
  return text;
}
