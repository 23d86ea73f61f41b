export { app } from './app.js';
export type { CliContext, Input, OutputStream } from './context.js';
export { exitStatus } from './exit-status.js';
export {
  type EndingSignal,
  Interrupted,
  type Interruptible,
  type Interrupts,
  interruptible,
} from './interrupts.js';
export { runGuestctl } from './run.js';
