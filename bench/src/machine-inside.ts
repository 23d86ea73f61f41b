import type { AgentProgram } from '@guestwire/test/agents';

/** Mounts in a separate namespace, which end with the agent. */
const script = [
  'set -e',
  // Makes the folder a mount point; otherwise the agent would see no filesystem.
  '/usr/bin/mount --bind "$0" "$0"',
  '/usr/bin/mount --rbind /dev/shm "$0/dev/shm"',
  // Otherwise the kernel would have each mount of a large machine twice.
  '/usr/bin/umount --lazy /dev/shm',
  'for part in proc sys; do /usr/bin/mount --rbind "/$part" "$0/$part"; done',
  'exec "$@"',
].join('\n');

/**
 * Mounts parts of this machine into the chroot of an agent: `/dev/shm`, so that all agents write to memory, and `/proc` and
 * `/sys`, so that all report the same disks and filesystems.
 */
export function machineInside(program: AgentProgram): AgentProgram {
  return program.root === ''
    ? program
    : {
        ...program,
        command: ['/usr/bin/unshare', '-m', '/bin/sh', '-c', script, program.root, ...program.command],
      };
}
