/** Diagnostics for people on stderr and for programs on stdout. */
import type { Diagnostic } from '../diagnostics/diagnostics.js';
import { diagnosticToJson, renderDiagnostic } from '../diagnostics/render.js';
import type { Context } from './context.js';

/** How many of each there are. */
export interface Counts {
  readonly errors: number;
  readonly warnings: number;
}

/** Counts diagnostics. */
export function count(diagnostics: readonly Diagnostic[]): Counts {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  return { errors, warnings: diagnostics.length - errors };
}

/** Writes diagnostics to stderr, in colours where that is wanted. */
export function printDiagnostics(context: Context, diagnostics: readonly Diagnostic[]): void {
  const paint = wantsColours(context) ? coloured : (text: string) => text;
  for (const diagnostic of diagnostics) context.stderr.write(`${paint(renderDiagnostic(diagnostic))}\n`);
}

/** `1 error, 2 warnings`. */
export function summary({ errors, warnings }: Counts): string {
  return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
}

function plural(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** The form of a diagnostic that `--json` prints; the place's members are absent if no file could be read. */
export function diagnosticRecord(diagnostic: Diagnostic): Readonly<Record<string, unknown>> {
  const { place, related, ...rest } = diagnosticToJson(diagnostic);
  return {
    ...place,
    ...rest,
    related: undefined,
    notes: related.map(({ message, place: at }) => ({ message, ...at })),
  };
}

/** Colours are for terminals, and only where nobody objects (https://no-color.org). */
function wantsColours({ stderr, env }: Context): boolean {
  return stderr.isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

const BOLD = '\u001b[1m';
const RED = '\u001b[31m';
const MAGENTA = '\u001b[35m';
const GREEN = '\u001b[32m';
const CYAN = '\u001b[36m';
const PLAIN = '\u001b[0m';

function coloured(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const [, place, warning, message] = /^(\S.*?:\d+:\d+:) (warning: )?(.*)$/.exec(line) ?? [];
      if (place !== undefined) {
        const tone = warning === undefined ? RED : MAGENTA;
        return `${BOLD}${place}${PLAIN} ${tone}${warning ?? ''}${message ?? ''}${PLAIN}`;
      }
      if (line.startsWith('hint: ')) return `${CYAN}${line}${PLAIN}`;
      return /^ *\| *\^~*$/.test(line) ? line.replace(/\^~*$/, `${GREEN}$&${PLAIN}`) : line;
    })
    .join('\n');
}
