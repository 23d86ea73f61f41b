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

/** Lines of text, with hard line ends between them. */
interface Lines {
  readonly kind: 'lines';
  readonly lines: readonly string[];
}

/** One text in a broken group, another in a group on one line. */
interface IfBroken {
  readonly kind: 'if-broken';
  readonly broken: string;
  readonly flat: string;
}

/** Text with places for line breaks. Strings must not contain line ends. */
export type Document = string | ImportedName | Line | Lines | Group | Indent | IfBroken | readonly Document[];

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

/** Joins lines by line ends; as `join` with `hardLine`, but quicker. No line may be empty. */
export function joinLines(lines: readonly [string, ...string[]]): Document {
  return { kind: 'lines', lines };
}

/** Joins items with a separator. */
export function join(items: readonly Document[], separator: Document): Document {
  const joined: Document[] = [];
  for (let index = 0; index < items.length; index += 1) {
    if (index > 0) joined.push(separator);
    joined.push(items[index] ?? '');
  }
  return joined;
}

function mustBreak(document: Document): boolean {
  if (typeof document === 'string') return false;
  if (isSequence(document)) {
    for (let index = 0; index < document.length; index += 1) {
      const part = document[index];
      if (typeof part === 'object' && mustBreak(part)) return true;
    }
    return false;
  }
  switch (document.kind) {
    case 'line':
      return document.hard;
    case 'lines':
      return true;
    case 'group':
      return document.breaks;
    default:
      return document.kind === 'indent' && mustBreak(document.content);
  }
}

function isSequence(document: Document): document is readonly Document[] {
  return Array.isArray(document);
}

/** A sequence that is being laid out, up to the element at `next`, with the one that contains it. */
interface Frame {
  readonly documents: readonly Document[];
  next: number;
  readonly indent: number;
  readonly broken: boolean;
  readonly parent: Frame | undefined;
}

function frameFor(content: Document, indent: number, broken: boolean, parent: Frame | undefined): Frame {
  const documents = typeof content !== 'string' && isSequence(content) ? content : [content];
  return { documents, next: 0, indent, broken, parent };
}

/** Returns true if `content` on one line, with the rest up to the next line end, fits into `room` columns. */
function fits(
  content: Document,
  following: Frame,
  room: number,
  nameOf: (name: ImportedName) => string,
): boolean {
  let left = room;
  let rest: Frame | undefined = following;
  let frame: Frame | undefined = frameFor(content, 0, false, undefined);
  while (left >= 0) {
    if (frame === undefined) {
      if (rest === undefined) return true;
      frame = { ...rest, parent: undefined };
      rest = rest.parent;
    }
    const document: Document | undefined = frame.documents[frame.next++];
    const { broken } = frame;
    if (document === undefined) frame = frame.parent;
    else if (typeof document === 'string') left -= document.length;
    else if (isSequence(document)) frame = frameFor(document, 0, broken, frame);
    else if (document.kind === 'import') left -= nameOf(document).length;
    else if (document.kind === 'if-broken') left -= (broken ? document.broken : document.flat).length;
    else if (document.kind === 'line') {
      if (document.hard || broken) return true;
      left -= document.flat.length;
    } else if (document.kind === 'lines') return left >= (document.lines[0] ?? '').length;
    else {
      const breaks: boolean = broken && (document.kind === 'indent' || document.breaks);
      frame = frameFor(document.content, 0, breaks, frame);
    }
  }
  return false;
}

/**
 * Lays a document out in lines of at most `width` columns where possible. `nameOf` is called for imported names, for each the first
 * time in the order of the document.
 */
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
  let frame: Frame | undefined = frameFor(document, 0, true, undefined);
  while (frame !== undefined) {
    const part: Document | undefined = frame.documents[frame.next++];
    const { indent: depth, broken }: Frame = frame;
    if (part === undefined) frame = frame.parent;
    else if (typeof part === 'string') put(part);
    else if (isSequence(part)) frame = frameFor(part, depth, broken, frame);
    else if (part.kind === 'lines') {
      put(part.lines.join(`\n${' '.repeat(depth)}`));
      column = depth + (part.lines.at(-1) ?? '').length;
    } else if (part.kind === 'import') put(nameOf(part));
    else if (part.kind === 'if-broken') put(broken ? part.broken : part.flat);
    else if (part.kind === 'indent') frame = frameFor(part.content, depth + part.width, broken, frame);
    else if (part.kind === 'group') {
      const fitting: boolean = !part.breaks && fits(part.content, frame, width - column, nameOf);
      frame = frameFor(part.content, depth, !fitting, frame);
    } else if (broken) {
      text += '\n';
      column = depth;
      atStart = true;
    } else put(part.flat);
  }
  return text;
}
