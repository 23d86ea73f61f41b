import { existsSync } from 'node:fs';
import { basename, delimiter, join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AgentProgram,
  ourAgent,
  ourExecutable,
  type RunningAgent,
  referenceAgents,
  startAgent,
} from '@guestwire/test/agents';
import { machineInside } from './machine-inside.js';

/** An agent of the command line. */
export interface AgentCommand {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

/** An agent that is measured. */
export interface MeasuredProgram extends AgentProgram {
  /** Whether it is guestd, which has policies. */
  readonly isGuestd: boolean;
  /** The same agent as a single executable, if it exists. */
  readonly executable?: AgentProgram;
}

/**
 * Returns the agents to measure, of which targets compare the first one with the second.
 * @param given agents of the command line; empty for guestd and the C agents of this machine
 * @param say gets what is missing
 */
export function programsOf(given: readonly AgentCommand[], say: (text: string) => void): MeasuredProgram[] {
  if (given.length > 0)
    return given.map(({ name, command: [program, ...args] }) => {
      const command = [pathOf(program), ...args] as const;
      return { name, command, root: '', isGuestd: isGuestd(command) };
    });
  const { missing, ...references } = referenceAgents();
  if (missing !== undefined) say(missing);
  const executable = ourExecutable();
  if (executable === undefined)
    say('the single executable is missing and not measured; npm run package makes it');
  return [
    { ...ourAgent(), isGuestd: true, ...(executable && { executable }) },
    ...[references['10.0'], references['7.2']]
      .filter((program) => program !== undefined)
      .map((program) => ({ ...machineInside(program), isGuestd: false })),
  ];
}

/** Finds a program in the `PATH`, since agents are started without one. */
function pathOf(program: string): string {
  if (program.includes('/')) return program;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? program;
}

function isGuestd(command: readonly string[]): boolean {
  return command.some((word) => /^guestd(?:\.js)?$/.test(basename(word)));
}

/** Returns the program with a CPU profile in the folder after its end; undefined if its command does not begin with node. */
export function withProfile(program: MeasuredProgram, folder: string): MeasuredProgram | undefined {
  const [node, ...args] = program.command;
  if (!program.isGuestd || !/^node(?:-?\d+)?$/.test(basename(node))) return undefined;
  const preload = new URL(PRELOAD);
  preload.searchParams.set('folder', resolve(folder));
  return { ...program, command: [node, '--import', preload.href, ...args] };
}

/** The module that records a profile. */
const PRELOAD = new URL('profile-preload.js', import.meta.url).href;
/** Writing a profile of minutes takes seconds. */
const EXIT_TIMEOUT_MS = 60_000;

/**
 * Starts an agent. At its end, one with a profile has the time to write it.
 *
 * @param environment in addition; without a `PATH` in it the agent finds no helper program
 */
export async function startMeasured(
  program: AgentProgram,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<RunningAgent> {
  const agent = await startAgent(program, [], environment);
  if (!program.command.some((word) => word.startsWith(PRELOAD))) return agent;
  return {
    ...agent,
    async [Symbol.asyncDispose]() {
      await endWithProfile(agent.pid);
      await agent[Symbol.asyncDispose]();
    },
  };
}

async function endWithProfile(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const start = performance.now();
  while (existsSync(`/proc/${pid}`) && performance.now() - start < EXIT_TIMEOUT_MS) await delay(20);
}
