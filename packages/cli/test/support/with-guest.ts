import { type Answers, type FakeAgent, fakeAgent } from './fake-agent.js';
import { guestctl, type Outcome, type Surroundings } from './guestctl.js';

/** What a run of guestctl came to, and what had arrived at the guest. */
export type GuestOutcome = Outcome & Pick<FakeAgent, 'requests'>;

/** Runs guestctl with a guest that answers so. */
export const withGuest = async (
  args: readonly string[],
  answers: Answers = {},
  surroundings: Surroundings = {},
): Promise<GuestOutcome> => {
  await using agent = await fakeAgent(answers);
  const env = { ...surroundings.env, GUESTCTL_TARGET: agent.target };
  return { ...(await guestctl(args, { ...surroundings, env })), requests: agent.requests };
};

/** A reply that returns this, as an agent writes it. */
export const returning = (value: unknown): string => JSON.stringify({ return: value });

/** A reply that says that it failed. */
export const failing = (desc: string, errorClass = 'GenericError'): string =>
  JSON.stringify({ error: { class: errorClass, desc } });
