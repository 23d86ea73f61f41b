import process from 'node:process';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type Guest, lastLines, startGuest } from './guest.js';
import type { Hardware } from './machine.js';
import { whatIsMissing } from './requirements.js';

/** Most time in milliseconds for one test, unless it says otherwise: longer, and it waits for what does not come. */
const PATIENCE = 180_000;

/** Most time for all tests of a guest; images that have to be made first included. */
const SUITE_PATIENCE = 20 * 60_000;

/** How long a guest that has failed a test may take to tell about it. */
const LAST_WORDS = 20_000;

/** Ends this process when its parent, the test runner, has been killed: a guest is nothing to leave behind. */
function endWithTheRunner(): void {
  const runner = process.ppid;
  const look = (): void => {
    if (process.ppid !== runner) process.exit(1);
  };
  setInterval(look, 1000).unref();
}

/** States what can be seen in the guest; the name reads as a sentence that the test proves. */
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

/** The end of the guest's log, without what it says about our looking. */
const SCRIPT =
  '(journalctl --boot --no-pager || cat /var/log/guestd.log) | grep -v reference-agent | tail -n 60';

/** What the guest has to say about a failure, as far as it can still speak. */
async function evidence(guest: Guest): Promise<string> {
  const journal = guest.shell(SCRIPT).catch((error: unknown) => `(none: ${error})`);
  const text = await within(LAST_WORDS, journal).catch(() => '(the guest does not answer)');
  return `the guest's console:\n${lastLines(guest.machine.console(), 30)}\nthe guest's journal:\n${text}`;
}

/**
 * The tests of one guest, which is started once for all of them, before the first. The guest and everything that it
 * has written are gone afterwards, however the tests end. A test that fails shows the guest's console and journal.
 *
 * @param hardware is asked when the guest is to start; it may have to make an image
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
