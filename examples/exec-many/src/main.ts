import process from 'node:process';
import { execMany, formatOutcome, isSuccess } from './exec-many.js';

const words = process.argv.slice(2);
const separator = words.indexOf('--');
const targets = words.slice(0, separator);
const [program, ...args] = words.slice(separator + 1);
if (separator < 1 || program === undefined) {
  console.error('usage: npm start -- TARGET... -- PROGRAM [ARGUMENT]...');
  process.exit(2);
}

const outcomes = await execMany(targets, [program, ...args]);
const width = Math.max(...targets.map(({ length }) => length));
for (const outcome of outcomes) console.log(formatOutcome(outcome, width));
process.exitCode = outcomes.every(isSuccess) ? 0 : 1;
