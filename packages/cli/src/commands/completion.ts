import { commands } from '@guestwire/protocol';
import { bash } from '../completion/bash.js';
import { fish } from '../completion/fish.js';
import { outlineOf } from '../completion/outline.js';
import { zsh } from '../completion/zsh.js';
import type { CliContext } from '../context.js';
import { root } from '../routes/root.js';

const shells = { bash, fish, zsh } as const;

/** `guestctl completion SHELL`: prints what a shell completes guestctl with. */
export default async function completion(
  this: CliContext,
  _flags: object,
  shell: keyof typeof shells,
): Promise<void> {
  const agentCommands = Object.keys(commands).sort();
  this.process.stdout.write(shells[shell](outlineOf(root), agentCommands));
}
