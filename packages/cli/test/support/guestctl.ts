import { runGuestctl } from '@guestwire/cli';

/** What a run of guestctl came to. */
export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Where guestctl runs. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly terminal?: boolean;
}

/** Runs guestctl in this process. */
export const guestctl = async (
  args: readonly string[],
  { env = {}, input = '', terminal = false }: Surroundings = {},
): Promise<Outcome> => {
  let out = '';
  let err = '';
  const status = await runGuestctl(args, {
    process: {
      stdout: {
        isTTY: terminal,
        write: (text) => {
          out += text;
        },
      },
      stderr: {
        write: (text) => {
          err += text;
        },
      },
      env,
    },
    readInput: async () => input,
  });
  return { status, out, err };
};
