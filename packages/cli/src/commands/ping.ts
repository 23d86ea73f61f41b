import { guestCommand, textAnswer } from '../for-each-guest.js';

/** `guestctl ping`: checks that the agent replies, and measures the time. */
export default guestCommand(async ({ guest, name, options, several }) => {
  const start = performance.now();
  await guest.call('guest-ping', undefined, options);
  const milliseconds = Number((performance.now() - start).toFixed(3));
  const text = `answered in ${milliseconds.toFixed(1)} ms`;
  return textAnswer({ milliseconds }, several ? text : `${name} ${text}`);
});
