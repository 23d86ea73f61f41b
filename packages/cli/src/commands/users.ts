import { guestGetUsers } from '@guestwire/protocol/contract';
import { tableCommand } from '../calls.js';
import { formatMoment, UNKNOWN } from '../output/format.js';
import { cut } from '../output/table.js';

const COLUMNS = [cut('USER'), 'SINCE', cut('DOMAIN')];

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
