/** Text of internet addresses, as `inet_ntop` of glibc writes it. */

/** Four bytes with dots. */
export function ipv4Text(bytes: Uint8Array): string {
  return bytes.join('.');
}

/**
 * Sixteen bytes with colons: the first of the longest runs of zeros is left out, if it is longer than one, and the
 * last four bytes of an address that stands for one of IPv4 are written as such.
 */
export function ipv6Text(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const { start, length } = longestZeros(words);
  const embedded = start === 0 && (length === 6 || (length === 5 && words[5] === 0xffff));
  const texts = words.map((word) => word.toString(16));
  if (embedded) texts.splice(6, 2, ipv4Text(bytes.subarray(12)));
  if (length < 2) return texts.join(':');
  return `${texts.slice(0, start).join(':')}::${texts.slice(start + length).join(':')}`;
}

function longestZeros(words: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < words.length; start += 1) {
    let length = 0;
    while (words[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
    start += length;
  }
  return best;
}
