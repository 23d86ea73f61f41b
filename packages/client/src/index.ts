export { type ConnectOptions, connect, openGuest } from './connect.js';
export type { Limits } from './deadline.js';
export { type CallParameters, type Commands, Guest, type GuestOptions } from './guest.js';
export { GuestError, type GuestErrorCode, type GuestErrorDetails, isGuestError } from './guest-error.js';
export { memoryTransports } from './memory-transport.js';
export { parseTarget, type Target } from './target.js';
export type { Transport } from './transport.js';
export { unixTransport } from './unix-transport.js';
