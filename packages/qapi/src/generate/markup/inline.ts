/** Markup within a paragraph: literals, emphasis, links, and the schema's own `@name`. */

/** A run of text of one kind. */
export type Inline =
  | { readonly kind: 'text' | 'code' | 'strong' | 'emphasis'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string }
  /** A member, type, command or event named with `@`. */
  | { readonly kind: 'reference'; readonly name: string };

/** Alternatives in the order in which they are tried at a place. */
const MARKUP = new RegExp(
  [
    '``(?<literal>[^`](?:.*?[^`])??)``(?!`)',
    ':(?<role>[a-zA-Z][\\w:+.-]{0,30}):`(?<roleText>[^`]+)`',
    '`(?<linkText>[^`<]*?)\\s*<(?<target>[^`>]*)>`_{1,2}',
    '`(?<interpreted>[^`\\s](?:[^`]*[^`\\s])?)`_{0,2}',
    '(?<![\\w*])\\*\\*(?<strong>[^\\s*](?:[^*]*[^\\s*])?)\\*\\*(?!\\w)',
    '(?<![\\w*/])\\*(?<emphasis>[^\\s*](?:[^*]*[^\\s*])?)\\*(?![\\w*])',
    '(?<![\\w@.+-])@(?<reference>(?:__[a-zA-Z0-9.-]+_)?[a-zA-Z0-9](?:[\\w-]*\\w)?)',
    '(?<url>https?://[^\\s<>`]*[^\\s<>`.,;:!?)\'"\\]])',
    '\\\\(?<escaped>.)',
  ].join('|'),
  'gs',
);

/** Reads a paragraph. Line ends within it count as spaces. */
export function parseInline(paragraph: string): readonly Inline[] {
  const text = paragraph.replaceAll(/\s*\n\s*/g, ' ');
  const parts: Inline[] = [];
  let end = 0;
  const put = (part: Inline) => {
    const last = parts.at(-1);
    if (part.kind !== 'text' || last?.kind !== 'text') parts.push(part);
    else parts.splice(-1, 1, { kind: 'text', text: last.text + part.text });
  };
  for (const match of text.matchAll(MARKUP)) {
    if (match.index > end) put({ kind: 'text', text: text.slice(end, match.index) });
    put(recognised(match.groups ?? {}));
    end = match.index + match[0].length;
  }
  if (end < text.length) put({ kind: 'text', text: text.slice(end) });
  return parts;
}

function recognised(groups: Readonly<Record<string, string | undefined>>): Inline {
  const found = (name: string) => groups[name];
  const literal = found('literal') ?? found('interpreted');
  if (literal !== undefined) return { kind: 'code', text: literal };
  const roleText = found('roleText');
  if (roleText !== undefined) return role(found('role') ?? '', roleText);
  const target = found('target');
  if (target !== undefined) return link(found('linkText') ?? '', target);
  for (const kind of ['strong', 'emphasis'] as const) {
    const text = found(kind);
    if (text !== undefined) return { kind, text };
  }
  const reference = found('reference');
  if (reference !== undefined) return { kind: 'reference', name: reference };
  const url = found('url');
  if (url !== undefined) return { kind: 'link', text: url, url };
  return { kind: 'text', text: found('escaped') ?? '' };
}

/** `` :ref:`text <target>` `` is its text, `` :qapi:cmd:`name` `` a reference, other roles are code. */
function role(name: string, text: string): Inline {
  const [, shown] = /^(.*\S)\s*<[^>]*>$/.exec(text) ?? [];
  if (shown !== undefined) return { kind: 'text', text: shown };
  if (name.startsWith('qapi:')) return { kind: 'reference', name: text };
  return { kind: 'code', text };
}

/** Only addresses of the web and of mail become links. */
function link(text: string, target: string): Inline {
  if (!/^(?:https?:\/\/|mailto:)[^\s]+$/.test(target)) return { kind: 'text', text: text || target };
  return { kind: 'link', text: text || target, url: target };
}
