// The suite, against the agents of this machine, through a unix socket.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type Commands, connect } from '@guestwire/client';
import { type AgentProgram, ourAgent, referenceAgents, startAgent, unprivileged } from '../compat/agents.js';
import { clientSuite, type Subject } from './suite.js';

const { missing, ...reference } = referenceAgents();

/**
 * Starts an agent without root's privileges, which can neither freeze nor stop the machine.
 *
 * @param prepare returns the `PATH` of the agent; it gets an empty folder for programs
 */
async function start(
  program: AgentProgram,
  prepare: (folder: string) => string | undefined = () => process.env['PATH'],
): Promise<Subject> {
  const programs = mkdtempSync(join(tmpdir(), 'guestwire-programs-'));
  const agent = await startAgent(unprivileged(program), [], { PATH: prepare(programs) });
  mkdirSync(join(agent.folder, 'scratch'));
  return {
    connect: () => connect(`unix:${agent.socket}`),
    folder: `${agent.folderInside}/scratch`,
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      rmSync(programs, { recursive: true });
    },
  };
}

const since10: readonly (keyof Commands)[] = ['guest-get-load'];
const since9: readonly (keyof Commands)[] = ['guest-network-get-route'];

const candidates: readonly {
  readonly name: string;
  readonly program: AgentProgram | undefined;
  readonly release: string;
  readonly absent: readonly (keyof Commands)[];
  readonly otherwise: string;
}[] = [
  { name: 'guestd', program: ourAgent(), release: '11.0', absent: [], otherwise: '' },
  { name: 'qemu-ga 10.0', program: reference['10.0'], release: '10.0', absent: [], otherwise: missing ?? '' },
  {
    name: 'qemu-ga 7.2',
    program: reference['7.2'],
    release: '7.2',
    absent: [...since10, ...since9],
    otherwise: 'qemu-ga 7.2 is missing: install the Debian 12 package qemu-guest-agent',
  },
];

for (const { name, program, release, absent, otherwise } of candidates) {
  const unavailable = (): Promise<never> => Promise.reject(new Error(otherwise));
  clientSuite(name, program === undefined ? unavailable : () => start(program), {
    release,
    absent,
    mayFreeze: false,
    skip: program === undefined && otherwise,
  });
}

const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));

/** The programs of BusyBox, before all others. */
function withBusybox(folder: string): string {
  execFileSync(busybox ?? '', ['--install', '-s', folder]);
  return folder;
}

clientSuite('guestd with the programs of BusyBox', () => start(ourAgent(), withBusybox), {
  release: '11.0',
  absent: [],
  mayFreeze: false,
  files: 300,
  skip: busybox === undefined && 'BusyBox is missing: install the Debian package busybox',
});
