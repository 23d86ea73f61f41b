import { ENOENT, errnoOf } from '@guestwire/posix';
import { OperationError } from '../../operation-error.js';
import { readPieces } from '../system-file.js';
import { type Login, LoginTable } from './login-table.js';
import { readSessions } from './logind.js';
import { addLogins, utmpLayout } from './utmp.js';

const UTMP = '/var/run/utmp';

/** 700,000 records: far above what login programs write. */
const UTMP_LIMIT_BYTES = 256 << 20;

const RECORDS_PER_PIECE = 2048;

/**
 * Returns the users that are logged in (qemu-ga §5.18): those of utmp, or those of systemd-logind in a guest without that
 * file, such as Debian 13. Reads utmp in pieces, so that its size does not matter.
 * @throws {OperationError} if utmp is larger than 256 MiB, or if there are too many users
 */
export function loggedInUsers(root: string): readonly Login[] {
  const logins = new LoginTable();
  try {
    readUtmp(`${root}${UTMP}`, logins);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === ENOENT) readSessions(root, logins);
  }
  return logins.logins;
}

function readUtmp(path: string, logins: LoginTable): void {
  const layout = utmpLayout();
  let length = 0;
  for (const piece of readPieces(path, layout.size * RECORDS_PER_PIECE)) {
    length += piece.length;
    if (length > UTMP_LIMIT_BYTES) {
      throw new OperationError(`cannot list the users: ${UTMP} is larger than ${UTMP_LIMIT_BYTES} bytes`);
    }
    addLogins(piece, layout, logins);
  }
}
