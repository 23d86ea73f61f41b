export { type FakeGuest, type FakeGuestOptions, fakeGuest } from './fake-guest.js';
export {
  byteByByte,
  cut,
  cutInTwo,
  delayed,
  doubled,
  type Fault,
  flipped,
  followed,
  hungUp,
  hungUpInRequest,
  inPieces,
  late,
  lost,
  type Occasion,
  on,
  oversized,
  preceded,
  repeated,
  rewritten,
  stalled,
  type When,
} from './faults.js';
export {
  type FakeHandler,
  type FakeHandlers,
  type FakeRequest,
  type FakeResult,
  failing,
  inTurn,
  silence,
  unchecked,
} from './handlers.js';
export type { ListenAddress, Listening } from './listen.js';
export { type ManualClock, manualClock } from './manual-clock.js';
export { type RecordedTransport, recorded } from './recording/recorder.js';
export {
  formatRecording,
  parseRecording,
  type RecordedEvent,
  type Recording,
} from './recording/recording.js';
export { type Replay, type ReplayOptions, replay } from './recording/replayer.js';
export { type FakeFiles, fakeFiles } from './simulated/files.js';
export { type FakePrograms, fakePrograms, type ProgramEnd, type ProgramStart } from './simulated/programs.js';
