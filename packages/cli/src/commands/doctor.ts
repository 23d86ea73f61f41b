import { parseTarget, type Target } from '@guestwire/client';
import type { Answer } from '../answer.js';
import type { CliContext } from '../context.js';
import { agentSteps } from '../doctor/agent.js';
import { type Check, examine, type Step } from '../doctor/examine.js';
import { libvirtSteps } from '../doctor/libvirt.js';
import { deviceSteps, socketSteps } from '../doctor/path.js';
import type { Patient } from '../doctor/patient.js';
import { eachDestination } from '../each-guest.js';
import { exitStatus } from '../exit-status.js';
import { padTo } from '../output/width.js';
import type { GuestFlags } from '../parameters.js';

/** Milliseconds for each look. */
const PATIENCE = 5000;

function stepsFor({ kind }: Target): readonly Step<Patient>[] {
  const own = { unix: socketSteps, pty: deviceSteps, libvirt: libvirtSteps, tcp: [], vsock: [], exec: [] };
  return [...own[kind], ...agentSteps];
}

/** A line for each check, and below it what to do. */
function report(checks: readonly Check[]): string {
  const outcomes = Math.max(...checks.map(({ outcome }) => outcome.length));
  const names = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .flatMap(({ name, outcome, text, remedy }) => [
      `${padTo(outcome, outcomes)}  ${padTo(name, names)}  ${text}`,
      ...(remedy === undefined ? [] : [`${' '.repeat(outcomes)}  ${' '.repeat(names)}  → ${remedy}`]),
    ])
    .join('\n');
}

function answerOf(checks: readonly Check[]): Answer {
  const healthy = checks.every(({ outcome }) => outcome === 'ok' || outcome === 'note');
  return {
    json: { healthy, checks },
    text: () => report(checks),
    status: healthy ? exitStatus.ok : exitStatus.unreachable,
  };
}

/** `guestctl doctor`: looks at every part of the way to the agent, and says what to do about the one that is broken. */
export default async function doctor(this: CliContext, flags: GuestFlags): Promise<void> {
  const { signal } = this.interrupts;
  await eachDestination(this, flags, async ({ target }) => {
    const patient: Patient = {
      target: parseTarget(target),
      limits: { timeout: flags.timeout ?? PATIENCE, signal },
      transport: undefined,
      guest: undefined,
    };
    try {
      return answerOf(await examine(stepsFor(patient.target), patient, signal));
    } finally {
      await patient.guest?.close();
      await patient.transport?.[Symbol.asyncDispose]();
    }
  });
}
