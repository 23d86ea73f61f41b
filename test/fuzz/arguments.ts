import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** An invalid command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Arguments {
  /** Names of targets; all if empty. */
  readonly targets: readonly string[];
  /** The inputs of each target; no limit if absent. */
  readonly runs: number;
  /** The time of each target. */
  readonly seconds: number;
  readonly seed: number;
  /** The requests of the comparison with the C agent. */
  readonly requests: number;
  readonly json: boolean;
  readonly list: boolean;
  readonly help: boolean;
  /** Writes the corpus back. */
  readonly saveCorpus: boolean;
  /** A file with a failing input. */
  readonly reproduce: string | undefined;
}

export const HELP = `usage: npm run fuzz -- [TARGET]... [OPTION]...
       npm run fuzz -- differential [--requests N] [--seed X]

Runs generated inputs through the functions that read outside data, and checks
their invariants. The target "differential" sends generated requests to guestd
and to qemu-ga 10.0, and compares the replies.

  --runs N           inputs of each target
  --seconds S        time of each target; 60 without --runs
  --seed X           first number of the random generator; printed at the start
  --save-corpus      write the inputs that cover the code to fuzz/corpus/
  --reproduce FILE   run the input in a file that a failed run has written
  --requests N       requests of "differential"; 10000 by default
  --list             print targets and invariants
  --json             print results as JSON, one line for each target
  -h, --help         print this text
`;

const DEFAULT_SECONDS = 60;
const DEFAULT_REQUESTS = 10_000;
const SEED_LIMIT = 2 ** 32;

/** Parses the command line. @throws {UsageError} */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const runs = wholeNumber('runs', values.runs);
  return {
    targets: positionals,
    runs: runs ?? Number.POSITIVE_INFINITY,
    seconds:
      wholeNumber('seconds', values.seconds) ??
      (runs === undefined ? DEFAULT_SECONDS : Number.POSITIVE_INFINITY),
    seed: wholeNumber('seed', values.seed) ?? randomInt(SEED_LIMIT),
    requests: wholeNumber('requests', values.requests) ?? DEFAULT_REQUESTS,
    json: values.json ?? false,
    list: values.list ?? false,
    help: values.help ?? false,
    saveCorpus: values['save-corpus'] ?? false,
    reproduce: values.reproduce,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        runs: { type: 'string' },
        seconds: { type: 'string' },
        seed: { type: 'string' },
        requests: { type: 'string' },
        reproduce: { type: 'string' },
        'save-corpus': { type: 'boolean' },
        list: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d{1,12}$/.test(text)) return value;
  throw new UsageError(`--${name} takes a whole number, not '${text}'`);
}
