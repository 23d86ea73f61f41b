/**
 * `@guestwire/posix`: the system calls of Linux that Node has no function for, through the FFI of the npm package koffi.
 *
 * Descriptors are plain numbers; the caller that opens one closes it. A function that returns a negated error number says
 * so, all others throw a system error.
 */
export * from './clock.js';
export * from './descriptor.js';
export { FfiUnavailableError } from './embedded-addon.js';
export * from './errno.js';
export * from './file.js';
export * from './filesystem-space.js';
export { asFilesystemUser, type FilesystemUser, getgrouplist } from './filesystem-user.js';
export { addressOf, CFunction, checkFfi, loadFfi } from './library.js';
export { discardMemory, releaseCleanPages, trimHeap } from './memory.js';
export { type DetachedMount, openDetached } from './mount.js';
export * from './open-beneath.js';
export * from './open-flags.js';
export * from './poll.js';
export * from './socket.js';
export * from './spawn.js';
export * from './termios.js';
export * from './user.js';
