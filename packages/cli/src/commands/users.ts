import { guestGetUsers } from '@guestwire/protocol/contract';
import { formatMoment, UNKNOWN } from '../output/format.js';
import { tableCommand } from '../table-command.js';

const COLUMNS = [{ title: 'USER', cut: true }, { title: 'SINCE' }, { title: 'DOMAIN', cut: true }] as const;

/** `guestctl users`: lists the logged-in users. */
export default tableCommand(
  guestGetUsers,
  COLUMNS,
  (users) =>
    users.map(({ user, domain, 'login-time': since }) => [
      user,
      formatMoment(since * 1000),
      domain ?? UNKNOWN,
    ]),
  'no users are logged in',
);
