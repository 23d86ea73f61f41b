import { after, before, describe } from 'node:test';
import { describeCalls } from './suite/calls.js';
import { describeCopies } from './suite/copies.js';
import { describeFiles } from './suite/files.js';
import { describeFreezing } from './suite/freezing.js';
import { describePrograms } from './suite/programs.js';
import { Stand, type Subject, type SuiteOptions } from './suite/stand.js';
import { describeWaiting } from './suite/waiting.js';

export type { Subject, SuiteOptions };

/**
 * What `@guestwire/client` promises, held against a real agent. It is the same for every agent and every way to it; it looks
 * at the guest through the agent alone.
 */
export function clientSuite(name: string, start: () => Promise<Subject>, options: SuiteOptions): void {
  const stand = new Stand(options);
  describe(`the client and ${name}`, { skip: options.skip ?? false }, () => {
    before(() => stand.start(start));
    after(() => stand[Symbol.asyncDispose]());
    describeCalls(stand);
    describeFiles(stand);
    describePrograms(stand);
    describeWaiting(stand);
    describeCopies(stand);
    if (options.mayFreeze) describeFreezing(stand);
  });
}
