// npm run soak -- [--commands N]: memory and descriptors of guestd over a million mixed requests.
import { parseArgs } from 'node:util';
import { soak } from './soak.js';

const MEGABYTE = 1024 * 1024;

const { values } = parseArgs({ options: { commands: { type: 'string', default: '1000000' } } });
const commands = Number(values.commands);
if (!Number.isSafeInteger(commands) || commands < 1) {
  console.error(`soak: --commands takes a positive number, not '${values.commands}'`);
  process.exit(2);
}
const started = Date.now();
let printed = 0;
const { samples, bytesPerThousand, descriptorGrowth } = await soak(commands, (sample) => {
  if (sample.commands - printed < commands / 20) return;
  printed = sample.commands;
  const resident = (sample.residentBytes / MEGABYTE).toFixed(1);
  console.log(`${sample.commands} requests: ${resident} MiB resident, ${sample.descriptors} descriptors`);
});
const seconds = ((Date.now() - started) / 1000).toFixed(0);
const peak = Math.max(...samples.map(({ residentBytes }) => residentBytes)) / MEGABYTE;
console.log(
  `${commands} requests in ${seconds} s: ${bytesPerThousand.toFixed(1)} bytes per 1,000 requests, ` +
    `${descriptorGrowth} descriptors more, peak ${peak.toFixed(1)} MiB`,
);
