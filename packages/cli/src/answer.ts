/** How an answer is looked at. */
export interface Look {
  /** True if a person looks at it on a terminal: sizes are said as people say them. */
  readonly human: boolean;
  /** Columns of the terminal; not there if it is none. */
  readonly width?: number;
}

/** What came of a command at one guest. */
export interface Answer {
  /** What `--json` prints: a guest's value, or plain objects and lists. */
  readonly json: unknown;
  /** What is printed else, without the last line feed; all text of the guest in it is printable. Nothing if it is empty. */
  readonly text: (look: Look) => string;
  /** What guestctl ends with on account of this guest; 0 if absent. */
  readonly status?: number;
}

/** An answer that is the same text for everybody. */
export function said(json: unknown, text: string): Answer {
  return { json, text: () => text };
}
