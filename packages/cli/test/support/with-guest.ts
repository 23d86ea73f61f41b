import { type Answers, type FakeAgent, fakeAgent } from './fake-agent.js';
import { guestctl, type Outcome, type Surroundings } from './guestctl.js';

/** What a run of guestctl came to, and what had arrived at the guest. */
export type GuestOutcome = Outcome & Pick<FakeAgent, 'requests'>;

/** Runs guestctl with a guest that answers so. */
export async function withGuest(
  args: readonly string[],
  answers: Answers = {},
  surroundings: Surroundings = {},
): Promise<GuestOutcome> {
  await using agent = await fakeAgent(answers);
  const env = { ...surroundings.env, GUESTCTL_TARGET: agent.target };
  return { ...(await guestctl(args, { ...surroundings, env })), requests: agent.requests };
}

/** A reply that returns this, as an agent writes it. */
export function returning(value: unknown): string {
  return JSON.stringify({ return: value });
}

/** A reply that says that it failed. */
export function failing(desc: string, errorClass = 'GenericError'): string {
  return JSON.stringify({ error: { class: errorClass, desc } });
}
