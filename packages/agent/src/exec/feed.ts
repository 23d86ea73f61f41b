import { Socket } from 'node:net';

/** Data on its way to a process that reads it when it likes. */
export interface Feed {
  /** Gives up: what has not been read by now is lost, and the process sees the end. */
  close(): void;
}

/**
 * Writes to a pipe in the background, and then closes it.
 *
 * @param fd the end of the pipe to write to
 * @param done called once when nothing of `data` is needed any more; with an error if not all of it could be written
 */
export function feed(fd: number, data: Buffer, done: (error: Error | undefined) => void): Feed {
  const socket = new Socket({ fd, readable: false, writable: true });
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('close', () => done(failure));
  socket.end(data);
  return { close: () => void socket.destroy() };
}
