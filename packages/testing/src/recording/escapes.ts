const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
const meanings: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/**
 * Bytes as text that can be read: printable ASCII stands for itself, a backslash is doubled, everything else is
 * `\n`, `\r`, `\t` or `\xff`. A blank at the end is `\x20`, since editors take such blanks away.
 */
export function escapeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .replace(/[^ -[\]-~]/g, (character) => escapes[character] ?? hex(character))
    .replace(/ $/, '\\x20');
}

/** The bytes that the text stands for; `undefined` if it stands for none. */
export function unescapeBytes(text: string): Buffer | undefined {
  if (!/^(?:[ -[\]-~]|\\(?:[nrt\\]|x[0-9a-f]{2}))*$/.test(text)) return undefined;
  const characters = text.replace(/\\(?:x(..)|(.))/g, (_all, code?: string, letter?: string) =>
    code === undefined ? (meanings[letter ?? ''] ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(characters, 'latin1');
}
