// Debian 12's C agent in a guest with Debian 13.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { referenceAgents } from '../compat/agents.js';

/** Returns why the agent is missing, with the Debian package to install; `undefined` if it is installed. */
export function whyNoOldAgent(): string | undefined {
  return referenceAgents()['7.2'] === undefined
    ? 'qemu-ga 7.2: install the Debian 12 package qemu-guest-agent'
    : undefined;
}

const LOADER = 'ld-linux-x86-64.so.2';

/** Returns this machine's agent with the loader and all libraries, which differ from those of the guest's release. */
export function oldAgentFiles(): Readonly<Record<string, Buffer>> {
  const [program] = referenceAgents()['7.2']?.command ?? [];
  if (program === undefined) throw new Error(whyNoOldAgent());
  const linked = execFileSync('/usr/bin/ldd', [program], { encoding: 'utf8' });
  const libraries = [...linked.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
  return Object.fromEntries([program, ...libraries].map((path) => [basename(path), readFileSync(path)]));
}

/** Returns the command that starts the agent from a folder with these files. */
export function oldAgentCommand(folder: string): string {
  return `${folder}/${LOADER} --library-path ${folder} ${folder}/qemu-ga`;
}
