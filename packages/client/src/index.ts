export type { CallParameters, GuestCalls } from './calls.js';
export type { Capabilities, CommandCapability } from './capabilities.js';
export { type ConnectOptions, connect, type OpenOptions, openGuest } from './connect.js';
export type { Commands } from './contract.js';
export type { Capture, ExecOptions } from './exec/exec.js';
export type { ExecResult } from './exec/process.js';
export type { CopyOptions, CopyProgress, CopySummary } from './files/copy/options.js';
export type { ChunkOptions, GuestFile, OpenMode } from './files/guest-file.js';
export type {
  GuestFiles,
  OnProgress,
  ReadFileOptions,
  WriteFileOptions,
} from './files/guest-files.js';
export type { ReadResult } from './files/transfer.js';
export type { FreezeOptions } from './freeze/freeze.js';
export type { FrozenGuest, ThawReport } from './freeze/frozen-guest.js';
export { Guest, type GuestOptions, type Probe } from './guest.js';
export { GuestError, type GuestErrorCode, type GuestErrorDetails, isGuestError } from './guest-error.js';
export type { ReconnectOptions } from './session/endpoint.js';
export { type CallOptions, type Clock, type Duration, parseDuration, systemClock } from './time.js';
export { listLibvirtDomains } from './transport/libvirt/list-domains.js';
export { memoryTransports } from './transport/memory.js';
export { openTransport } from './transport/open.js';
export { formatTarget, parseTarget, type Target } from './transport/target.js';
export type { Transport, TransportLimits } from './transport/transport.js';
export { unixTransport } from './transport/unix.js';
export type { Condition, Met, ProbeOf, WaitOptions } from './wait/wait-for.js';
