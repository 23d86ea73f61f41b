import type { CliContext } from '../context.js';

/** A terminal that shows pictures. Disposing gives it back as it was. */
export interface LiveScreen extends Disposable {
  readonly width: number;
  show(lines: readonly string[]): void;
}

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/** The size of a terminal that does not tell. */
const usual = { columns: 80, rows: 24 };

/**
 * Takes the terminal's other screen, and gives the first one back whatever happens: when it is disposed, and before the program is
 * ended at once.
 *
 * @param resized is called when the terminal has another size
 */
export function liveScreen({ process, interrupts }: CliContext, resized: () => void): LiveScreen {
  const { stdout } = process;
  let taken = true;
  const restore = (): void => {
    if (taken) stdout.write(LEAVE);
    taken = false;
  };
  interrupts.urgent.addEventListener('abort', restore);
  stdout.on?.('resize', resized);
  stdout.write(ENTER);
  return {
    get width() {
      return stdout.columns || usual.columns;
    },
    show(lines) {
      const rows = stdout.rows || usual.rows;
      // No line feed behind the last line, which would move all of them.
      const shown = lines
        .slice(0, rows)
        .map((line) => line + REST_OF_LINE)
        .join('\r\n');
      stdout.write(HOME + shown + REST_OF_SCREEN);
    },
    [Symbol.dispose]() {
      stdout.off?.('resize', resized);
      interrupts.urgent.removeEventListener('abort', restore);
      restore();
    },
  };
}
