import { constants, type Stats } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { printable } from '../output/text.js';
import { type Check, type DoctorContext, type Finding, failed, ok } from './checks.js';

function pathOf({ target }: DoctorContext): string {
  return 'path' in target ? target.path : '';
}

function missing(path: string, error: unknown): Finding | undefined {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return failed(
        `${path} does not exist`,
        'check that the VM is running, and that its agent channel has this path: the chardev of org.qemu.guest_agent.0',
      );
    case 'EACCES':
      return failed(`no permission to search the directory of ${path}`, 'run as a user with access to it');
    case 'ENOTDIR':
      return failed(`a component of ${path} is not a directory`, 'check the path');
    default:
      return undefined;
  }
}

/** Returns a check for the type of the file. */
function typeCheck(name: 'socket' | 'device', isType: (stats: Stats) => boolean, remedy: string): Check {
  return {
    name,
    async run(context) {
      const path = printable(pathOf(context));
      try {
        const stats = await stat(pathOf(context));
        return isType(stats) ? ok(`${path} is a ${name}`) : failed(`${path} is not a ${name}`, remedy);
      } catch (error) {
        const finding = missing(path, error);
        if (finding === undefined) throw error;
        return finding;
      }
    },
  };
}

const permission: Check = {
  name: 'permission',
  async run(context) {
    const path = pathOf(context);
    try {
      await access(path, constants.R_OK | constants.W_OK);
      return ok('readable and writable');
    } catch {
      const { uid, gid, mode } = await stat(path);
      return failed(
        `not readable and writable for this user: owner ${uid}, group ${gid}, mode ${(mode & 0o777).toString(8)}`,
        'run as the owner, as a member of the group, or as root',
      );
    }
  },
};

/** The checks of a unix socket. */
export const socketChecks: readonly Check[] = [
  typeCheck('socket', (stats) => stats.isSocket(), 'check the path; for a device use pty:PATH'),
  permission,
];

/** The checks of a terminal or serial device. */
export const deviceChecks: readonly Check[] = [
  typeCheck('device', (stats) => stats.isCharacterDevice(), 'check the path; for a socket use unix:PATH'),
  permission,
];
