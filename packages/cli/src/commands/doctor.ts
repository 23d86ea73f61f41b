import { parseTarget, type Target } from '@guestwire/client';
import type { CliContext } from '../context.js';
import { agentChecks } from '../doctor/agent.js';
import { type CheckResult, type Checks, type DoctorContext, runChecks } from '../doctor/checks.js';
import { libvirtChecks } from '../doctor/libvirt.js';
import { deviceChecks, socketChecks } from '../doctor/path.js';
import { exitStatus } from '../exit-status.js';
import { type Answer, forEachTarget, textAnswer } from '../for-each-guest.js';
import { padTo } from '../output/text.js';
import type { GuestFlags } from '../parameters.js';

const CHECK_TIMEOUT_MS = 5000;

function checksFor({ kind }: Target): Checks {
  const own = { unix: socketChecks, pty: deviceChecks, libvirt: libvirtChecks, tcp: {}, vsock: {}, exec: {} };
  return { ...own[kind], ...agentChecks };
}

/** Formats one line per check, with the remedy below it. */
function report(results: readonly CheckResult[]): string {
  const outcomes = Math.max(...results.map(({ outcome }) => outcome.length));
  const names = Math.max(...results.map(({ name }) => name.length));
  return results
    .flatMap(({ name, outcome, text, remedy }) => [
      `${padTo(outcome, outcomes)}  ${padTo(name, names)}  ${text}`,
      ...(remedy === undefined ? [] : [`${' '.repeat(outcomes)}  ${' '.repeat(names)}  → ${remedy}`]),
    ])
    .join('\n');
}

function answerOf(checks: readonly CheckResult[]): Answer {
  const healthy = checks.every(({ outcome }) => outcome === 'ok' || outcome === 'note');
  return textAnswer({ healthy, checks }, report(checks), healthy ? exitStatus.ok : exitStatus.unreachable);
}

/** `guestctl doctor`: checks each part of the connection to the agent, with a remedy for what fails. */
export default async function doctor(this: CliContext, flags: GuestFlags): Promise<void> {
  const { signal } = this.interrupts;
  await forEachTarget(this, flags, async ({ target }) => {
    const context: DoctorContext = {
      target: parseTarget(target),
      options: { timeout: flags.timeout ?? CHECK_TIMEOUT_MS, signal },
      transport: undefined,
      guest: undefined,
    };
    try {
      return answerOf(await runChecks(checksFor(context.target), context));
    } finally {
      await context.guest?.close();
      await context.transport?.[Symbol.asyncDispose]();
    }
  });
}
