/**
 * Returns a text with its control and formatting characters as `\u202e`, which is also valid in JSON: they could move the
 * cursor of a terminal, or reverse the order of what it shows.
 */
export function terminalText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) =>
    character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}
