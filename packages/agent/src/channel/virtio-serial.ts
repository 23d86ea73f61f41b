import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { AgentError } from '../agent-error.js';
import { errnoOf, errnoText } from '../linux/errno.js';
import { libc, POLLERR, POLLIN, POLLOUT, PollSet } from '../linux/ffi.js';
import type { Channel, ChannelListener } from './channel.js';

/** The port that a host gives to the guest agent, by its usual name (reference 8.2). */
export const VIRTIO_SERIAL_PATH = '/dev/virtio-ports/org.qemu.guest_agent.0';

/** How long to wait before looking again for a host that is not there (reference 8.8). */
const ABSENT_MS = 100;

/** Bytes that may wait in the agent for a host that does not read. */
const OUTPUT_LIMIT = 256 * 1024;

/** Space for bytes from the host is had in pieces of this size. */
const SLAB_SIZE = 64 * 1024;

/** The kernel hands out at most a page of a port at a time; a shorter read has probably emptied it. */
const PAGE_SIZE = 4096;

const EINTR = 4;
const EIO = 5;
const EAGAIN = 11;

/**
 * A channel over a virtio-serial port (reference 8.8). While no host has the other side open, the port reads as
 * ended; the channel then looks again ten times a second, for ever, and keeps the port open meanwhile, since closing
 * it would tell the host that the agent is gone. A terminal, which is dead once its other
 * side has been closed, is opened anew.
 */
export function virtioSerial(path: string = VIRTIO_SERIAL_PATH): Channel {
  return new VirtioSerial(path);
}

/** A raw descriptor which a poll in the thread pool watches, and an eventfd to wake that poll with. */
class VirtioSerial implements Channel {
  readonly #path: string;
  readonly #fds = new PollSet(2);
  #listener: ChannelListener | undefined;
  /** −1 while the device has to be opened anew. */
  #port = -1;
  #waker = -1;
  #running: Promise<void> | undefined;
  #closing = false;
  #paused = false;
  /** A host has sent something since the last `end`; what is written is for it. */
  #present = false;
  /** `end` has been said and not been answered. */
  #ended = false;
  #output: Buffer[] = [];
  #outputBytes = 0;
  /** `write` answered false. */
  #held = false;
  /** The events of the poll under way. */
  #polling: number | undefined;
  /** Cuts the wait for a host short. */
  #stopWaiting: () => void = () => {};
  #slab = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  async open(listener: ChannelListener): Promise<void> {
    try {
      this.#port = openPort(this.#path);
    } catch (error) {
      throw openError(this.#path, error);
    }
    this.#listener = listener;
    this.#waker = libc().eventfd();
    this.#running = this.#run(listener);
  }

  write(bytes: Buffer): boolean {
    if (!this.#present) return true;
    this.#output.push(bytes);
    this.#outputBytes += bytes.length;
    if (this.#output.length === 1) this.#flush();
    this.#held = this.#outputBytes >= OUTPUT_LIMIT;
    this.#reconsider();
    return !this.#held;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#reconsider();
  }

  release(): void {
    this.#ended = false;
    this.#reconsider();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#stopWaiting();
    if (this.#polling !== undefined) this.#wake();
    await this.#running;
    this.#closePort();
    if (this.#waker >= 0) closeSync(this.#waker);
    this.#waker = -1;
  }

  async #run(listener: ChannelListener): Promise<void> {
    try {
      while (!this.#closing) {
        if (this.#port < 0) await this.#reopen();
        else await this.#turn();
      }
    } catch (error) {
      listener.fatal(
        new AgentError('channel', `error reading channel '${this.#path}': ${errnoText(error)}`, {
          cause: error,
        }),
      );
    }
  }

  /** Waits until there is something to do, and does it. */
  async #turn(): Promise<void> {
    const events = this.#wanted();
    // A hang-up is told even to who asks for nothing, so the port is left out then.
    this.#fds.watch(0, events === 0 ? -1 : this.#port, events);
    this.#fds.watch(1, this.#waker, POLLIN);
    this.#polling = events;
    await libc().poll(this.#fds);
    this.#polling = undefined;
    if (this.#fds.found(1) !== 0) readSync(this.#waker, Buffer.alloc(8));
    const found = this.#fds.found(0);
    if (found === 0 || this.#closing) return;
    if ((found & POLLOUT) !== 0) this.#flush();
    else if ((found & ~POLLIN) !== 0) this.#dropOutput();
    if ((found & ~POLLOUT) === 0 || this.#read()) return;
    // A port without a host only hangs up; a terminal whose other side is closed is also in error, and stays so.
    if ((found & POLLERR) !== 0) this.#closePort();
    await this.#hostAbsent();
  }

  #wanted(): number {
    return (this.#paused || this.#ended ? 0 : POLLIN) | (this.#outputBytes > 0 ? POLLOUT : 0);
  }

  /** Wakes the poll under way if it waits for something else than what is wanted now. */
  #reconsider(): void {
    if (this.#polling === undefined || this.#polling === this.#wanted()) return;
    this.#polling = this.#wanted();
    this.#wake();
  }

  #wake(): void {
    writeSync(this.#waker, new BigUint64Array([1n]));
  }

  /** Hands on what there is to read. False if there is no host. */
  #read(): boolean {
    while (!this.#paused && !this.#ended) {
      if (this.#slab.length < PAGE_SIZE) this.#slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
      let length: number;
      try {
        length = readSync(this.#port, this.#slab);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === EAGAIN || errno === EINTR) return true;
        if (errno !== EIO) throw error;
        this.#closePort();
        return false;
      }
      if (length === 0) return false;
      const chunk = this.#slab.subarray(0, length);
      this.#slab = this.#slab.subarray(length);
      this.#present = true;
      this.#listener?.data(chunk);
      if (length < PAGE_SIZE) return true;
    }
    return true;
  }

  /** Sends what the port takes now. A host that is gone, or an error, costs the rest of it (reference 2.1). */
  #flush(): void {
    for (let next = this.#output[0]; next !== undefined; next = this.#output[0]) {
      let written: number;
      try {
        written = writeSync(this.#port, next);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === EAGAIN || errno === EINTR) return;
        this.#dropOutput();
        return;
      }
      this.#outputBytes -= written;
      if (written === next.length) this.#output.shift();
      else this.#output[0] = next.subarray(written);
    }
    this.#drained();
  }

  #dropOutput(): void {
    this.#output = [];
    this.#outputBytes = 0;
    this.#drained();
  }

  #drained(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#listener?.drain();
  }

  async #hostAbsent(): Promise<void> {
    this.#dropOutput();
    if (this.#present) {
      this.#present = false;
      this.#ended = true;
      this.#listener?.end();
    }
    await this.#pauseBetweenLooks();
  }

  async #reopen(): Promise<void> {
    try {
      this.#port = openPort(this.#path);
    } catch {
      await this.#pauseBetweenLooks();
    }
  }

  #closePort(): void {
    if (this.#port >= 0) closeSync(this.#port);
    this.#port = -1;
  }

  #pauseBetweenLooks(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ABSENT_MS);
      this.#stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function openPort(path: string): number {
  // Node adds O_CLOEXEC. The device may be a terminal, which must not become ours.
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
  if (!fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  // It would take its own text for requests, and get the answers at its end.
  throw new AgentError('channel', `error opening channel '${path}': it is a file and no device`, {
    advice: '--path names the device',
  });
}

function openError(path: string, cause: unknown): AgentError {
  const advice: Readonly<Record<string, string>> = {
    'No such file or directory':
      'does the virtual machine have this virtio-serial port? --path names another, --method another way',
    'Permission denied': 'run guestd as a user who may open the device, root for instance',
    'Device or resource busy': 'another agent has the device open; stop it first',
  };
  const text = errnoText(cause);
  return new AgentError('channel', `error opening channel '${path}': ${text}`, {
    advice: advice[text] ?? '--path names another device',
    cause,
  });
}
