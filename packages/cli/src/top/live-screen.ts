import type { CliContext } from '../context.js';
import { printable } from '../output/escape.js';

const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l';
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l';
const CURSOR_HOME = '\u001b[H';
const ERASE_LINE_END = '\u001b[K';
const ERASE_SCREEN_END = '\u001b[J';

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/**
 * Switches to the alternate screen of the terminal. The main screen is restored when it is disposed, and before an urgent exit.
 *
 * @param resized is called when the size of the terminal changes
 */
export function liveScreen({ process, interrupts }: CliContext, resized: () => void) {
  const { stdout } = process;
  let active = true;
  const restore = (): void => {
    if (active) stdout.write(Buffer.from(LEAVE_SCREEN));
    active = false;
  };
  interrupts.urgent.addEventListener('abort', restore);
  stdout.on?.('resize', resized);
  stdout.write(Buffer.from(ENTER_SCREEN));
  return {
    get width(): number {
      return stdout.columns || DEFAULT_COLUMNS;
    },
    show(lines: readonly string[]): void {
      const rows = stdout.rows || DEFAULT_ROWS;
      // A line feed after the last line would scroll.
      const shown = lines
        .slice(0, rows)
        .map((line) => printable(line) + ERASE_LINE_END)
        .join('\r\n');
      stdout.write(Buffer.from(CURSOR_HOME + shown + ERASE_SCREEN_END));
    },
    [Symbol.dispose](): void {
      stdout.off?.('resize', resized);
      interrupts.urgent.removeEventListener('abort', restore);
      restore();
    },
  };
}
