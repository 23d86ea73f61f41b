/** Helpers for the text of documentation comments. */
import { skipBlanks } from './blanks.js';

/** Returns the number of blanks that a line begins with. */
export function indentOf(text: string): number {
  return skipBlanks(text, 0);
}

/** Returns the lines without their common indentation. */
export function dedented(lines: readonly string[]): string[] {
  let shared = Number.POSITIVE_INFINITY;
  for (const line of lines) if (line !== '') shared = Math.min(shared, indentOf(line));
  return lines.map((line) => line.slice(shared));
}

/** Joins lines, without blank ones at either end. */
export function joined(lines: readonly string[]): string {
  let first = 0;
  let end = lines.length;
  while (first < end && lines[first] === '') first += 1;
  while (end > first && lines[end - 1] === '') end -= 1;
  if (end - first === 1) return lines[first] ?? '';
  return (first === 0 && end === lines.length ? lines : lines.slice(first, end)).join('\n');
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
