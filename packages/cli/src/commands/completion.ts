import type { CliContext } from '../context.js';
import { completionScripts } from '../generated/completion-scripts.js';

/** `guestctl completion SHELL`: prints the completion script for a shell. */
export default async function completion(
  this: CliContext,
  _flags: object,
  shell: keyof typeof completionScripts,
): Promise<void> {
  this.process.stdout.write(completionScripts[shell]);
}
