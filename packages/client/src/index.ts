export { type Clock, systemClock } from './clock.js';
export { type ConnectOptions, connect, openGuest } from './connect.js';
export type { Limits } from './deadline.js';
export { type CallParameters, type Commands, Guest, type GuestOptions } from './guest.js';
export { GuestError, type GuestErrorCode, type GuestErrorDetails, isGuestError } from './guest-error.js';
export { memoryTransports } from './transport/memory.js';
export { parseTarget, type Target } from './transport/target.js';
export type { Transport, TransportLimits } from './transport/transport.js';
export { unixTransport } from './transport/unix.js';
