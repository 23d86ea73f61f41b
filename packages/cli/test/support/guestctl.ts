import { text } from 'node:stream/consumers';
import { interruptible, runGuestctl } from '@guestwire/cli';

/** The result of a run of guestctl. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** The environment of a run. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** True if standard output is a terminal; a number is its width. */
  readonly terminal?: boolean | number;
  /** True if standard error is a terminal. */
  readonly errorTerminal?: boolean;
  /** Answers to the prompts without echo, in order; standard input is then a terminal. */
  readonly secrets?: readonly string[];
  /** Receives what is printed and can press keys. */
  readonly person?: (printed: string, press: (key: string) => void) => void;
  /** The host's clock. */
  readonly now?: () => number;
}

/** Runs guestctl in this process. */
export async function guestctl(
  args: readonly string[],
  {
    env = {},
    input = '',
    terminal = false,
    errorTerminal = false,
    secrets,
    person,
    now = Date.now,
  }: Surroundings = {},
): Promise<Outcome> {
  const out: Uint8Array[] = [];
  let err = '';
  const answers = [...(secrets ?? [])];
  let pressed = (_: string): void => {};
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(input);
  }
  const status = await runGuestctl(args, {
    process: {
      stdout: {
        isTTY: terminal !== false,
        columns: typeof terminal === 'number' ? terminal : undefined,
        write: (chunk, written) => {
          out.push(Buffer.from(chunk));
          person?.(String(chunk), (key) => pressed(key));
          written?.();
        },
      },
      stderr: {
        isTTY: errorTerminal,
        columns: 80,
        write: (chunk, written) => {
          err += Buffer.from(chunk).toString();
          written?.();
        },
      },
      env,
    },
    input: {
      isTTY: secrets !== undefined,
      mayStayOpen: false,
      text: () => text(bytes()),
      bytes,
      close() {},
      async secret(prompt) {
        err += `${prompt}\n`;
        return answers.shift() ?? '';
      },
      keys(listener) {
        pressed = listener;
        return {
          [Symbol.dispose]() {
            pressed = () => {};
          },
        };
      },
    },
    interrupts: interruptible(() => {}),
    now,
  });
  return { status, out: Buffer.concat(out).toString(), err };
}
