const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
const meanings: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

function hex(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/**
 * Returns bytes as readable text: printable ASCII as it is, a backslash doubled, everything else as `\n`, `\r`, `\t` or `\xff`. A
 * trailing space is `\x20`, since editors strip trailing spaces.
 */
export function escapeBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .replace(/[^ -[\]-~]/g, (character) => escapes[character] ?? hex(character))
    .replace(/ $/, '\\x20');
}

/** Returns the bytes of escaped text; `undefined` if the text is malformed. */
export function unescapeBytes(text: string): Buffer | undefined {
  if (!/^(?:[ -[\]-~]|\\(?:[nrt\\]|x[0-9a-f]{2}))*$/.test(text)) return undefined;
  const characters = text.replace(/\\(?:x(..)|(.))/g, (_all, code?: string, letter?: string) =>
    code === undefined ? (meanings[letter ?? ''] ?? '') : String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Buffer.from(characters, 'latin1');
}
