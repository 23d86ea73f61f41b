/** Where a text is printed. */
export interface TextFormat {
  /** True on a terminal: sizes are rounded and have units. */
  readonly human: boolean;
  /** Columns of the terminal, if there is one. */
  readonly width?: number;
}

/** The result of a command for one guest. */
export interface Answer {
  /** Printed with `--json`: a value of the guest, or plain objects and arrays. */
  readonly json: unknown;
  /** Printed otherwise, unless empty. It has no line feed at its end, and all text of the guest in it is printable. */
  readonly text: (format: TextFormat) => string;
  /** The exit status; 0 if absent. */
  readonly status?: number;
}

/** Returns an answer whose text does not depend on the format. */
export function textAnswer(json: unknown, text: string): Answer {
  return { json, text: () => text };
}
