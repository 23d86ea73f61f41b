export { app } from './app.js';
export type { CliContext, Output } from './context.js';
export { exitStatus } from './exit-status.js';
export { runGuestctl } from './run.js';
