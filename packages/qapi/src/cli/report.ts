/** Prints diagnostics as text and as JSON. */
import type { Diagnostic } from '../diagnostics/diagnostics.js';
import { diagnosticToJson, renderDiagnostic } from '../diagnostics/render.js';
import type { Context } from './context.js';

/** Prints diagnostics to stderr, colored on a terminal. */
export function printDiagnostics(context: Context, diagnostics: readonly Diagnostic[]): void {
  const color = hasColors(context) ? colored : (text: string) => text;
  for (const diagnostic of diagnostics) context.stderr.write(`${color(renderDiagnostic(diagnostic))}\n`);
}

/** Returns `1 error, 2 warnings`. */
export function summary(errors: number, warnings: number): string {
  const plural = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
}

/** Returns a diagnostic as `--json` prints it. The members of the place are absent if no file could be read. */
export function diagnosticRecord(diagnostic: Diagnostic): Readonly<Record<string, unknown>> {
  const { place, related, ...rest } = diagnosticToJson(diagnostic);
  const notes = related.map(({ message, place: at }) => ({ message, ...at }));
  return { ...place, ...rest, notes };
}

/** The user can disable colors: https://no-color.org. */
function hasColors({ stderr, env }: Context): boolean {
  return stderr.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

const BOLD = '\u001b[1m';
const RED = '\u001b[31m';
const MAGENTA = '\u001b[35m';
const GREEN = '\u001b[32m';
const CYAN = '\u001b[36m';
const RESET = '\u001b[0m';

function colored(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [, place, warning, message] = /^(\S.*?:\d+:\d+:) (warning: )?(.*)$/.exec(line) ?? [];
      if (place !== undefined) {
        const color = warning === undefined ? RED : MAGENTA;
        return `${BOLD}${place}${RESET} ${color}${warning ?? ''}${message ?? ''}${RESET}`;
      }
      if (line.startsWith('hint: ')) return `${CYAN}${line}${RESET}`;
      return /^ *\| *\^~*$/.test(line) ? line.replace(/\^~*$/, `${GREEN}$&${RESET}`) : line;
    })
    .join('\n');
}
