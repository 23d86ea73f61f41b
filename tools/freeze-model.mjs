import { parseArgs } from 'node:util';
import { FreezeModel } from '../packages/agent/dist/test/support/freeze-model/freeze-model.js';
import { cannotFreeze } from '../packages/agent/dist/test/support/loop-filesystems.js';

// Runs the model of a freeze: npm run freeze-model -- [--steps N] [--seed N]

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '2000' },
    seed: { type: 'string', default: `${Date.now() % 1e6}` },
  },
});
const steps = Number(values.steps);
const seed = Number(values.seed);
const reason = cannotFreeze();
if (reason !== false) throw new Error(reason);

const model = new FreezeModel(seed);
console.log(`freeze-model: ${steps} steps, seed ${seed}`);
let done = 0;
let failed = false;
try {
  await model.start();
  for (; done < steps; done++) {
    await model.step();
    if (done % 200 === 199) console.log(`${done + 1} steps`);
  }
  await model.finish();
} catch (error) {
  console.error(`FAILED at step ${done + 1}: ${error instanceof Error ? error.stack : error}`);
  console.error(`the last steps: ${model.sequence.slice(-30).join('; ')}`);
  console.error(`to repeat: npm run freeze-model -- --steps ${done + 1} --seed ${seed}`);
  failed = true;
  process.exitCode = 1;
}
for (const [outcome, count] of [...model.outcomes].sort())
  console.log(`${count.toString().padStart(6)} ${outcome}`);
if (!failed) console.log(`${done} steps, nothing left frozen, nothing thawed twice`);
model[Symbol.dispose]();
