import process from 'node:process';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type Guest, lastLines, startGuest } from './guest.js';
import type { Hardware } from './machine.js';
import { whatIsMissing } from './requirements.js';

/** The default time limit of one test. */
const PATIENCE = 180_000;

/** The time limit of all tests of a guest, with the creation of missing images. */
const SUITE_PATIENCE = 20 * 60_000;

/** The time limit for the journal of a guest after a failure. */
const LAST_WORDS = 20_000;

/** Ends this process when the test runner was killed, so that no guest keeps running. */
function endWithTheRunner(): void {
  const runner = process.ppid;
  const look = (): void => {
    if (process.ppid !== runner) process.exit(1);
  };
  setInterval(look, 1000).unref();
}

/** Adds a test of the guest; the description begins with a verb. */
export type See = (
  sentence: string,
  test: (guest: Guest, context: TestContext) => Promise<void>,
  options?: { readonly patience?: number },
) => void;

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Prints the end of the guest's log, without the lines of the reference agent. */
const SCRIPT =
  '(journalctl --boot --no-pager || cat /var/log/guestd.log) | grep -v reference-agent | tail -n 60';

/** Returns the console and the journal of the guest, if it still replies. */
async function evidence(guest: Guest): Promise<string> {
  const journal = guest.shell(SCRIPT).catch((error: unknown) => `(not available: ${error})`);
  const text = await within(LAST_WORDS, journal).catch(() => '(the guest does not answer)');
  return `the guest's console:\n${lastLines(guest.machine.console(), 30)}\nthe guest's journal:\n${text}`;
}

/**
 * Describes the tests of one guest, which is started once for all of them. The guest and its overlay are removed
 * afterwards in any case. A failing test shows the guest's console and journal.
 *
 * @param hardware is called when the guest starts; it may make an image
 */
export function describeGuest(title: string, hardware: () => Hardware, body: (see: See) => void): void {
  describe(title, { skip: whatIsMissing() ?? false, timeout: SUITE_PATIENCE }, () => {
    let guest: Guest;
    before(async () => {
      endWithTheRunner();
      guest = await startGuest(hardware());
    });
    after(async () => {
      await guest?.[Symbol.asyncDispose]();
    });
    body((sentence, test, options = {}) => {
      it(sentence, async (context) => {
        try {
          await within(options.patience ?? PATIENCE, test(guest, context));
        } catch (error) {
          context.diagnostic(await evidence(guest));
          throw error;
        }
      });
    });
  });
}
