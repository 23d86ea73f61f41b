export { type FakeGuest, type FakeGuestOptions, fakeGuest } from './fake-guest.js';
export {
  corruptReply,
  delayReply,
  disconnectAfterReply,
  disconnectDuringRequest,
  dropReply,
  duplicateReply,
  type Fault,
  type FaultCondition,
  type FaultContext,
  fragmentReply,
  oversizeReply,
  prefixReply,
  resendReply,
  rewriteReply,
  splitReply,
  stallReading,
  suffixReply,
  truncateReply,
  when,
} from './faults.js';
export {
  type FakeHandler,
  type FakeHandlers,
  type FakeRequest,
  type FakeResult,
  failWith,
  noReply,
  sequence,
  uncheckedResult,
} from './handlers.js';
export type { ListenAddress, ListeningSocket } from './listen.js';
export { type ManualClock, manualClock } from './manual-clock.js';
export { type RecordedTransport, recordTransport } from './recording/recorder.js';
export {
  formatRecording,
  parseRecording,
  type RecordedEvent,
  type Recording,
} from './recording/recording.js';
export { type Replay, type ReplayOptions, replay } from './recording/replayer.js';
export { type FakeFiles, fakeFiles } from './simulated/files.js';
export { type FakePrograms, fakePrograms, type ProgramEnd, type ProgramStart } from './simulated/programs.js';
