/** What the flags look like to a person; nothing here loads the client. */

const seconds = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0)) throw new SyntaxError(`"${text}" is no number of seconds above 0`);
  return value;
};

/** The flags of {@link GuestFlags}. */
export const guestFlags = {
  to: {
    kind: 'parsed',
    parse: String,
    optional: true,
    placeholder: 'unix:PATH',
    brief: 'The guest: the socket of its agent. Else GUESTCTL_TARGET names it',
  },
  timeout: {
    kind: 'parsed',
    parse: seconds,
    optional: true,
    placeholder: 'seconds',
    brief: 'How long to wait for the connection (5 if absent), and for an answer (30 if absent)',
  },
} as const;
