/** Helpers for the text of documentation comments. */

/** Returns the number of blanks that a line begins with. */
export function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

/** Returns the lines without their common indentation. */
export function dedented(lines: readonly string[]): string[] {
  let shared = Number.POSITIVE_INFINITY;
  for (const line of lines) if (line !== '') shared = Math.min(shared, indentOf(line));
  return lines.map((line) => line.slice(shared));
}

/** Joins lines, without blank ones at either end. */
export function joined(lines: readonly string[]): string {
  const first = lines.findIndex((line) => line !== '');
  const last = lines.findLastIndex((line) => line !== '');
  return lines.slice(Math.max(first, 0), last + 1).join('\n');
}

const USE_NOTE =
  "rST's '.. note::' or '.. admonition:: notes' directives, or another suitable admonition instead.";
const USE_EXAMPLE = "the '.. qmp-example::' directive, or other suitable markup instead.";

/** The sections that QEMU 9.1 dropped, with the replacement that the message names. */
export const DROPPED_SECTIONS: ReadonlyMap<string, string> = new Map([
  ['Note', USE_NOTE],
  ['Notes', USE_NOTE],
  ['Example', USE_EXAMPLE],
  ['Examples', USE_EXAMPLE],
]);

/** Returns the text of a dropped section as the directive that replaced it. */
export function asDirective(section: string, text: string): string {
  const content = text.replaceAll(/(?<=^|\n)(?=[^\n])/g, '   ');
  return section.startsWith('Note') ? `.. note:: ${content.trimStart()}` : `.. qmp-example::\n\n${content}`;
}
