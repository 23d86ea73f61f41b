/** Parses the markup within a paragraph: literals, emphasis, links, and `@name`. */

/** A run of text with one kind of markup. */
export type Inline =
  | { readonly kind: 'text' | 'code' | 'strong' | 'emphasis'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly url: string }
  /** The name of a member, type, command or event after `@`. */
  | { readonly kind: 'reference'; readonly name: string };

/** The alternatives are tried in this order. */
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

/** Finds text that may have markup. */
const ANY_MARKUP = /[`*@\\]|:\/\//;

/** Parses a paragraph. Line ends become spaces. */
export function parseInline(paragraph: string): readonly Inline[] {
  const text = paragraph.includes('\n') ? paragraph.replaceAll(/\s*\n\s*/g, ' ') : paragraph;
  if (!ANY_MARKUP.test(text)) return text === '' ? [] : [{ kind: 'text', text }];
  const parts: Inline[] = [];
  let end = 0;
  const put = (part: Inline) => {
    const last = parts.at(-1);
    if (part.kind !== 'text' || last?.kind !== 'text') parts.push(part);
    else parts.splice(-1, 1, { kind: 'text', text: last.text + part.text });
  };
  for (const match of text.matchAll(MARKUP)) {
    if (match.index > end) put({ kind: 'text', text: text.slice(end, match.index) });
    put(inlineOf(match.groups ?? {}));
    end = match.index + match[0].length;
  }
  if (end < text.length) put({ kind: 'text', text: text.slice(end) });
  return parts;
}

function inlineOf(groups: Readonly<Record<string, string | undefined>>): Inline {
  const { literal, interpreted, role, roleText, linkText, target } = groups;
  const { strong, emphasis, reference, url, escaped } = groups;
  const code = literal ?? interpreted;
  if (code !== undefined) return { kind: 'code', text: code };
  if (roleText !== undefined) return roleOf(role ?? '', roleText);
  if (target !== undefined) return linkOf(linkText ?? '', target);
  if (strong !== undefined) return { kind: 'strong', text: strong };
  if (emphasis !== undefined) return { kind: 'emphasis', text: emphasis };
  if (reference !== undefined) return { kind: 'reference', name: reference };
  return url === undefined ? { kind: 'text', text: escaped ?? '' } : { kind: 'link', text: url, url };
}

/** `` :ref:`text <target>` `` is text, `` :qapi:cmd:`name` `` a reference, any other role code. */
function roleOf(name: string, text: string): Inline {
  const [, shown] = /^(.*\S)\s*<[^>]*>$/.exec(text) ?? [];
  if (shown !== undefined) return { kind: 'text', text: shown };
  if (name.startsWith('qapi:')) return { kind: 'reference', name: text };
  return { kind: 'code', text };
}

/** Only web and mail addresses become links. */
function linkOf(text: string, target: string): Inline {
  if (!/^(?:https?:\/\/|mailto:)[^\s]+$/.test(target)) return { kind: 'text', text: text || target };
  return { kind: 'link', text: text || target, url: target };
}
