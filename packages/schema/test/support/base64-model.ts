const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Decodes by the rules of qemu-ga §4, character by character; `undefined` if a character is invalid. */
export function decodeSimply(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/=\n]*$/.test(text)) return undefined;
  const bytes: number[] = [];
  for (const group of text.replaceAll('\n', '').match(/..../g) ?? []) {
    const value = [...group].reduce(
      (sum, character) => sum * 64 + Math.max(ALPHABET.indexOf(character), 0),
      0,
    );
    bytes.push(value >> 16);
    if (group[2] !== '=') bytes.push((value >> 8) & 255);
    if (group[3] !== '=') bytes.push(value & 255);
  }
  return Buffer.from(bytes);
}
