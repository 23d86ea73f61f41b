/**
 * Texts of documentation comments: indentation, blank lines, markup that changed.
 */

/** How many blanks a line begins with. */
export function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

/** Lines without the indentation that all of them share. */
export function dedented(lines: readonly string[]): string[] {
  let shared = Number.POSITIVE_INFINITY;
  for (const line of lines) if (line !== '') shared = Math.min(shared, indentOf(line));
  return lines.map((line) => line.slice(shared));
}

/** Lines as one text, without blank ones at either end. */
export function joined(lines: readonly string[]): string {
  const first = lines.findIndex((line) => line !== '');
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(Math.max(first, 0), last + 1).join('\n');
}

const USE_NOTE =
  "rST's '.. note::' or '.. admonition:: notes' directives, or another suitable admonition instead.";
const USE_EXAMPLE = "the '.. qmp-example::' directive, or other suitable markup instead.";

/** Sections that QEMU 9.1 dropped, and what to write instead. */
export const DROPPED_SECTIONS: ReadonlyMap<string, string> = new Map([
  ['Note', USE_NOTE],
  ['Notes', USE_NOTE],
  ['Example', USE_EXAMPLE],
  ['Examples', USE_EXAMPLE],
]);

/** The text of a dropped section in the markup that took its place. */
export function asDirective(section: string, text: string): string {
  const content = text
    .split('\n')
    .map((line) => (line === '' ? '' : `   ${line}`))
    .join('\n');
  return section.startsWith('Note') ? `.. note:: ${content.trimStart()}` : `.. qmp-example::\n\n${content}`;
}
