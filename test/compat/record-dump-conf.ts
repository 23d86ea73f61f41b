/**
 * Writes down what qemu-ga 10.0 prints for the cases of `--dump-conf`:
 *
 *     node test/dist/compat/record-dump-conf.js
 */
import { writeFileSync } from 'node:fs';
import { referenceAgents, unprivileged } from './agents.js';
import { dumpCases, dumpOf, type RecordedDump, recordPath } from './dump-conf-cases.js';

const { '10.0': program, missing } = referenceAgents();
if (program === undefined) throw new Error(missing);
const record: RecordedDump[] = [];
for (const dumpCase of dumpCases)
  record.push({ ...dumpCase, ...(await dumpOf(unprivileged(program), dumpCase)) });
writeFileSync(recordPath, `${JSON.stringify(record, undefined, 2)}\n`);
console.log(`${recordPath}: ${dumpCases.length} cases`);
