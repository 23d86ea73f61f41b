// Moves the clock forward by an hour, and replays a recording.
import assert from 'node:assert/strict';
import { isGuestError, openGuest } from '@guestwire/client';
import {
  delayReply,
  fakeGuest,
  formatRecording,
  manualClock,
  parseRecording,
  recordTransport,
  replay,
  when,
} from '@guestwire/testing';

const clock = manualClock();
const slow = fakeGuest({}, { clock, faults: [when('guest-get-time', delayReply(3_600_000))] });
{
  await using guest = await openGuest(slow.host, { clock });
  await assert.rejects(clock.runUntil(guest.call('guest-get-time', undefined, { timeout: 1000 })), (error) =>
    isGuestError(error, 'timeout'),
  );
}
const transport = recordTransport(fakeGuest().host);
{
  await using guest = await openGuest(transport);
  await guest.call('guest-ping');
}
await using replayed = replay(parseRecording(formatRecording(transport.recording)));
{
  await using guest = await openGuest(replayed.host);
  await guest.call('guest-ping');
}
