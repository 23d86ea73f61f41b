import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { printable } from '../output/printable.js';
import { type Finding, failed, ok, type Step } from './examine.js';
import type { Patient } from './patient.js';

/** The path of a target that is a file. */
function pathOf({ target }: Patient): string {
  return 'path' in target ? target.path : '';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const absent: Readonly<Record<string, (path: string) => Finding>> = {
  ENOENT: (path) =>
    failed(
      `${path} is not there`,
      'see that the machine runs, and that its agent channel has this path: the chardev of org.qemu.guest_agent.0',
    ),
  EACCES: (path) => failed(`the folder of ${path} is closed to this user`, 'run as a user who may enter it'),
  ENOTDIR: (path) =>
    failed(`${path} leads through something that is no folder`, 'see that the path is the right one'),
};

async function exists(path: string): Promise<Awaited<ReturnType<typeof stat>> | Finding> {
  try {
    await lstat(path);
    return await stat(path);
  } catch (error) {
    const explain = absent[codeOf(error)];
    if (explain === undefined) throw error;
    return explain(printable(path));
  }
}

const socket: Step<Patient> = {
  name: 'socket',
  async look(patient) {
    const found = await exists(pathOf(patient));
    if ('outcome' in found) return found;
    const path = printable(pathOf(patient));
    return found.isSocket()
      ? ok(`${path} is a socket`)
      : failed(`${path} is no socket`, 'see that the path is the right one; a device is named by pty:PATH');
  },
};

const device: Step<Patient> = {
  name: 'device',
  async look(patient) {
    const found = await exists(pathOf(patient));
    if ('outcome' in found) return found;
    const path = printable(pathOf(patient));
    return found.isCharacterDevice()
      ? ok(`${path} is a device`)
      : failed(`${path} is no device`, 'see that the path is the right one; a socket is named by unix:PATH');
  },
};

const permission: Step<Patient> = {
  name: 'permission',
  async look(patient) {
    const path = pathOf(patient);
    try {
      await access(path, constants.R_OK | constants.W_OK);
      return ok('this user may read and write it');
    } catch {
      const { uid, gid, mode } = await stat(path);
      return failed(
        `this user may not read and write it: it belongs to user ${uid} and group ${gid}, mode ${(mode & 0o777).toString(8)}`,
        'run as that user, as a member of the group, or as root',
      );
    }
  },
};

/** The looks at a socket. */
export const socketSteps: readonly Step<Patient>[] = [socket, permission];
/** The looks at a terminal or serial device. */
export const deviceSteps: readonly Step<Patient>[] = [device, permission];
