import { constants, type Stats } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { printable } from '../output/escape.js';
import { type Checks, type DoctorContext, type Finding, failed, ok } from './checks.js';

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

/** Checks the type of the file. */
async function checkType(
  context: DoctorContext,
  type: 'socket' | 'device',
  isType: (stats: Stats) => boolean,
  remedy: string,
): Promise<Finding> {
  const path = printable(pathOf(context));
  try {
    const stats = await stat(pathOf(context));
    return isType(stats) ? ok(`${path} is a ${type}`) : failed(`${path} is not a ${type}`, remedy);
  } catch (error) {
    const finding = missing(path, error);
    if (finding === undefined) throw error;
    return finding;
  }
}

async function permission(context: DoctorContext): Promise<Finding> {
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
}

/** The checks of a unix socket. */
export const socketChecks: Checks = {
  socket: (context) =>
    checkType(context, 'socket', (stats) => stats.isSocket(), 'check the path; for a device use pty:PATH'),
  permission,
};

/** The checks of a terminal or serial device. */
export const deviceChecks: Checks = {
  device: (context) =>
    checkType(
      context,
      'device',
      (stats) => stats.isCharacterDevice(),
      'check the path; for a socket use unix:PATH',
    ),
  permission,
};
