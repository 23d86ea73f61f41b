import { parseArgs } from 'node:util';
import type { AgentCommand } from './programs.js';

export const HELP = `Usage: npm run bench -- [OPTIONS]

Measures guestd and the C agents of this machine, in turn, over unix sockets with the same client; the client library and guestctl
beside a minimal client; and the schema compiler. Files are in /dev/shm, in memory, so that no disk is measured. bench/README.md
explains the figures.

  --all                 in addition, requests over virtio-serial in a real guest
  --vm                  only these
  --host                only the client library and guestctl
  --only WORD           only the measurements whose name contains the word; may be repeated:
                        ping, transfer, limit, open, question, exec, memory, start, compiler, host, guest;
                        with --curves: size, handles, mounts, schema
  --agent NAME=COMMAND  measures this agent instead of those of this machine; may be repeated;
                        targets compare the first one with the second
  --rounds N            the number of rounds, of which the median is shown (default 5)
  --quick               two rounds with a fifth of the work; not accurate
  --profile DIR         keeps a CPU profile of guestd for each measurement; makes it slower
  --curves DIR          measures curves instead, and writes each as DIR/NAME.svg
  --json                the numbers as JSON on standard output
  --help                prints this and exits

The compiler is compared with QEMU's if GUESTWIRE_QEMU_SOURCE is a source tree of QEMU.
`;

/** A command line that is not valid. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The parts of a run. */
export type Section = 'agents' | 'host' | 'compiler' | 'guest';

/** What the command line asks for. */
export interface Options {
  readonly sections: readonly Section[];
  /** Words of which the name of a measurement contains one; absent for all. */
  readonly only?: readonly string[];
  /** Agents that replace those of this machine; empty for none. */
  readonly agents: readonly AgentCommand[];
  readonly rounds: number;
  /** The amount of work in a round; 1 is the default. */
  readonly effort: number;
  readonly profileFolder?: string;
  readonly curveFolder?: string;
  readonly json: boolean;
  readonly help: boolean;
}

const DEFAULT_ROUNDS = 5;
const QUICK = { rounds: 2, effort: 0.2 };

/** Returns whether the words of `--only` select a measurement; all are selected without words. */
export function isWanted(only: Options['only'], measurement: string): boolean {
  return only?.some((word) => measurement.includes(word)) ?? true;
}

/** Reads the command line. @throws {UsageError} */
export function parseOptions(args: readonly string[]): Options {
  const values = parseFlags(args);
  if (values.vm && values.host)
    throw new UsageError('--vm and --host exclude each other; --all measures both');
  const agents = (values.agent ?? []).map(parseAgent);
  const names = agents.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new UsageError(`--agent: the name ${repeated} is used twice`);
  return {
    sections: sectionsOf(values, agents.length > 0),
    ...(values.only && { only: values.only }),
    agents,
    rounds: parseRounds(values.rounds) ?? (values.quick ? QUICK.rounds : DEFAULT_ROUNDS),
    effort: values.quick ? QUICK.effort : 1,
    ...(values.profile !== undefined && { profileFolder: values.profile }),
    ...(values.curves !== undefined && { curveFolder: values.curves }),
    json: values.json,
    help: values.help,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        all: { type: 'boolean', default: false },
        vm: { type: 'boolean', default: false },
        host: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        agent: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        profile: { type: 'string' },
        curves: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function sectionsOf(
  { all, vm, host }: { all: boolean; vm: boolean; host: boolean },
  areAgentsGiven: boolean,
): Section[] {
  if (vm) return ['guest'];
  if (host) return ['host'];
  // The other sections measure what this tree has built, whatever agents are compared.
  if (areAgentsGiven) return ['agents'];
  return ['agents', 'host', 'compiler', ...(all ? (['guest'] as const) : [])];
}

function parseRounds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new UsageError(`--rounds: ${text} is not an integer from 1 to 9999`);
  return Number(text);
}

function parseAgent(text: string): AgentCommand {
  const [, name, command = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  const [program, ...args] = command.split(/\s+/).filter((word) => word !== '');
  if (name === undefined || program === undefined)
    throw new UsageError(`--agent: ${text} is not NAME=COMMAND`);
  return { name, command: [program, ...args] };
}
