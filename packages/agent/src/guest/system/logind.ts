import { errnoOf } from '@guestwire/posix';
import { readDirectory, readSystemFile } from '../system-file.js';
import type { LoginTable } from './login-table.js';

/** Where systemd-logind keeps a file for each session; `libsystemd` reads them, too. */
const FOLDER = '/run/systemd/sessions';

const SESSION_LIMIT_BYTES = 64 * 1024;

/** Beside the files of sessions, the folder has their FIFOs, and files that are not complete yet. */
const NO_SESSION = /^\.|\.ref$/;

/** Sessions of persons; the others are greeters, lock screens, service managers and jobs such as those of cron. */
const USER_CLASSES: ReadonlySet<string | undefined> = new Set([
  'user',
  'user-early',
  'user-light',
  'user-early-light',
]);

/** Adds the users with a session of systemd-logind to `logins`, in the order of login. No users without logind. */
export function readSessions(root: string, logins: LoginTable): void {
  const sessions = sessionNames(`${root}${FOLDER}`)
    .map((name) => readSession(`${root}${FOLDER}/${name}`))
    .filter((session) => session !== undefined)
    .sort((one, other) => one.since - other.since);
  for (const { user, since } of sessions) logins.add(Buffer.from(user, 'latin1'), since);
}

function sessionNames(folder: string): readonly string[] {
  try {
    return readDirectory(folder)
      .filter((entry) => entry.isFile() && !NO_SESSION.test(entry.name))
      .map(({ name }) => name);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

/** Returns a session of a person that is logged in. `user` has one character for each byte. */
function readSession(path: string): { readonly user: string; readonly since: number } | undefined {
  let text: string;
  try {
    text = readSystemFile(path, SESSION_LIMIT_BYTES).toString('latin1');
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    // The session has just ended.
    return undefined;
  }
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, unquoted(value));
  }
  const user = fields.get('USER');
  // Microseconds since the beginning of 1970.
  const since = Number(fields.get('REALTIME') ?? Number.NaN) / 1e6;
  // After the logout, a session is `closing` until its last process has ended.
  const open = USER_CLASSES.has(fields.get('CLASS')) && fields.get('STATE') !== 'closing';
  return open && user !== undefined && user !== '' && Number.isFinite(since) ? { user, since } : undefined;
}

/** Values with special characters are quoted as in a shell. */
function unquoted(value: string): string {
  const [, quoted] = /^"(.*)"$/s.exec(value) ?? [];
  return quoted === undefined ? value : quoted.replace(/\\(.)/gs, '$1');
}
