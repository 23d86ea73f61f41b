import { type Answers, type FakeAgent, fakeAgent } from './fake-agent.js';
import { guestctl, type Outcome, type Surroundings } from './guestctl.js';

/** The result of a run of guestctl, and the requests of the guest. */
export type GuestOutcome = Outcome & Pick<FakeAgent, 'requests'>;

/** Runs guestctl with a guest that has these replies. */
export async function withGuest(
  args: readonly string[],
  answers: Answers = {},
  surroundings: Surroundings = {},
): Promise<GuestOutcome> {
  await using agent = await fakeAgent(answers);
  const env = { ...surroundings.env, GUESTCTL_TARGET: agent.target };
  return { ...(await guestctl(args, { ...surroundings, env })), requests: agent.requests };
}

/** Returns the reply with a return value. */
export function returning(value: unknown): string {
  return JSON.stringify({ return: value });
}

/** Returns an error reply. */
export function failing(desc: string, errorClass = 'GenericError'): string {
  return JSON.stringify({ error: { class: errorClass, desc } });
}
