import { join } from 'node:path';
import { measureExec } from './exec.js';
import { cannotBeLarge, LARGE, type LargeMachine, makeLargeMachine } from './large-machine.js';
import { measureLimit } from './limit.js';
import { measureMemory } from './memory.js';
import type { Sample } from './metrics.js';
import { measureOpen } from './open.js';
import { measurePing } from './ping.js';
import { type MeasuredProgram, startMeasured, withProfile } from './programs.js';
import { measureFirstAndHundredth } from './questions.js';
import { type RawClient, rawClient } from './raw-client.js';
import type { Extent, Take } from './samples.js';
import { measureStart } from './start.js';
import { measureTransfers } from './transfer.js';

/** Measures one round of an agent. */
type Measurement = (program: MeasuredProgram, file: string, effort: number) => Promise<Sample>;

/** Measures an agent that has done the same with less effort before. */
function warm(measure: (client: RawClient, effort: number, file: string) => Promise<Sample>): Measurement {
  return async (program, file, effort) => {
    await using agent = await startMeasured(program);
    await using client = await rawClient(agent.socket);
    await measure(client, Math.min(effort, 0.1), file);
    return await measure(client, effort, file);
  };
}

const measurements: Readonly<Record<string, Measurement>> = {
  ping: warm(measurePing),
  transfer: warm((client, effort, file) => measureTransfers(client, file, effort)),
  limit: measureLimit,
  open: measureOpen,
  question: measureFirstAndHundredth,
  exec: warm(measureExec),
  memory: measureMemory,
  start: measureStart,
};

/** The names of the measurements. */
export const measurementNames: readonly string[] = Object.keys(measurements);

/**
 * Measures agents in turn, in each round of each measurement.
 *
 * @param isWanted selects measurements by their names
 * @param folder in memory, so that no disk is measured
 * @returns the names of the columns
 */
export async function measureAgents(
  programs: readonly MeasuredProgram[],
  {
    rounds,
    effort,
    say,
    isWanted,
    folder,
    profileFolder,
  }: Extent & {
    readonly isWanted: (name: string) => boolean;
    readonly folder: string;
    readonly profileFolder?: string;
  },
  take: Take,
): Promise<readonly string[]> {
  for (const [name, measure] of Object.entries(measurements)) {
    if (!isWanted(name)) continue;
    using machine = name === 'question' ? largeMachine(folder, say) : undefined;
    if (name === 'question' && machine === undefined) continue;
    for (let round = 1; round <= rounds; round++) {
      say(`${name}, round ${round} of ${rounds}`);
      for (const program of programs) {
        const profiled = profileFolder && withProfile(program, join(profileFolder, program.name, name));
        const measured = profiled || program;
        take(
          program.name,
          await measure(machine?.inside(measured) ?? measured, join(folder, 'file'), effort),
        );
      }
    }
  }
  return programs.map(({ name }) => name);
}

function largeMachine(folder: string, say: (text: string) => void): LargeMachine | undefined {
  const missing = cannotBeLarge();
  if (missing === undefined) return makeLargeMachine(LARGE, folder);
  say(`questions are not measured: ${missing}`);
  return undefined;
}
