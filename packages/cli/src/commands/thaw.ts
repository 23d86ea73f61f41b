import { guestCommand, textAnswer } from '../for-each-guest.js';
import { count } from '../output/format.js';

/** `guestctl status`: shows whether filesystems are frozen. */
export const status = guestCommand(async ({ guest, options }) => {
  const state = await guest.call('guest-fsfreeze-status', undefined, options);
  return textAnswer({ status: state }, state);
});

/** `guestctl thaw`: thaws filesystems. */
export default guestCommand(async ({ guest, options }) => {
  const filesystems = await guest.call('guest-fsfreeze-thaw', undefined, options);
  const thawed = `${count(filesystems, 'filesystem')} thawed`;
  return textAnswer({ filesystems }, Number(filesystems) === 0 ? 'nothing was frozen' : thawed);
});
