/**
 * `@guestwire/posix`: the system calls of Linux that Node has no function for, through the FFI of the npm package koffi.
 *
 * Descriptors are plain numbers; the caller that opens one closes it. A function that returns a negated error number says
 * so, all others throw a system error.
 */
export { gettimeofday, settimeofday } from './clock.js';
export { type DatagramSender, datagramSender } from './datagram.js';
export { dup2, ioctl, lockFile, pipe, setCloseOnExec, setNonBlocking } from './descriptor.js';
export { FfiUnavailableError } from './embedded-addon.js';
export * from './errno.js';
export {
  chmodFd,
  closeFd,
  type FilesystemSpace,
  openFd,
  readCachedSync,
  readFd,
  SEEK_CUR,
  SEEK_END,
  SEEK_SET,
  seekFd,
  seekFdSync,
  sizeOfFd,
  statFd,
  statvfs,
  type Whence,
  writeFd,
} from './file.js';
export { addressOf, CFunction, loadFfi } from './library.js';
export { POLLERR, POLLIN, POLLOUT, PollSet, poll, pollNow, Waker } from './poll.js';
export { waitReady } from './poller.js';
export {
  AF_NETLINK,
  AF_UNIX,
  AF_VSOCK,
  accept,
  bind,
  connect,
  ipAddressText,
  listen,
  recv,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_ERROR,
  SOCK_RAW,
  send,
  socket,
  socketOption,
  unixAddress,
  vsockAddress,
} from './socket.js';
export { exitNow, type SpawnRequest, spawn, waitpid } from './spawn.js';
export { flushInput, Termios } from './termios.js';
export { getpwnam, type User } from './user.js';
