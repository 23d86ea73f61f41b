import type { AgentProgram } from '@guestwire/test/agents';

/** Mounts in a namespace of the agent's own, which go with it. */
const script = [
  'set -e',
  // Without it the folder would hold no filesystem at all, and there would be nothing to tell.
  '/usr/bin/mount --bind "$0" "$0"',
  '/usr/bin/mount --bind /dev/shm "$0/dev/shm"',
  'for part in proc sys; do /usr/bin/mount --rbind "/$part" "$0/$part"; done',
  'exec "$@"',
].join('\n');

/**
 * Lets an agent that lives in a chroot see of this machine what is measured: `/dev/shm`, so that all agents write to the same
 * kind of memory, and `/proc` and `/sys`, so that all have the same disks and filesystems to tell of.
 */
export function machineInside(program: AgentProgram): AgentProgram {
  return program.root === ''
    ? program
    : {
        ...program,
        command: ['/usr/bin/unshare', '-m', '/bin/sh', '-c', script, program.root, ...program.command],
      };
}
