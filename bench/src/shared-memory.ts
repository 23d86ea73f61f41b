import type { AgentProgram } from '@guestwire/test/agents';

/**
 * Lets an agent that lives in a chroot see this machine's `/dev/shm`, so that all agents write to the same kind of memory.
 * The mount is in a namespace of the agent's own and goes with it.
 */
export const sharedMemoryInside = (program: AgentProgram): AgentProgram => {
  if (program.root === '') return program;
  const script = '/usr/bin/mount --bind /dev/shm "$0/dev/shm" && exec "$@"';
  return {
    ...program,
    command: ['/usr/bin/unshare', '-m', '/bin/sh', '-c', script, program.root, ...program.command],
  };
};
