import { closeSync } from 'node:fs';
import { EAGAIN, EINTR, EIO, errnoOf, errnoText, POLLERR, POLLIN, POLLOUT } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import type { Channel, ChannelListener } from './channel.js';
import { InputSlab, SLAB_SIZE } from './input-slab.js';
import { OutputQueue } from './output-queue.js';
import { Waiter } from './waiter.js';

/** How long to wait in milliseconds before looking again for a host that is not there (qemu-ga §8.8). */
const ABSENT_MS = 100;

/** Slabs that are read before others get their turn. */
const SLABS_AT_ONCE = 4;

/** Where the descriptors come from over which hosts are met: what tells one kind of channel from another. */
export interface DescriptorSource {
  /** What an error of the channel names. */
  readonly name: string;
  /**
   * True if hosts come and go over one and the same descriptor, as with a device: what a host has left unread is
   * lost, and while there is none the descriptor reads as ended. False if each host has a descriptor of its own.
   */
  readonly lasting: boolean;
  /** Is ready for reading when there is a next descriptor; if absent, one has to look. */
  readonly bell?: number;
  /** Makes ready. Throws the `AgentError` with which opening the channel fails. */
  open(): void;
  /** The next descriptor: non-blocking, and the caller's to close. Undefined if there is none for now. */
  next(): number | undefined;
  close(): void;
}

/** What reading has come to: there may be more, the host is gone, or the descriptor is of no use any more. */
type Outcome = 'more' | 'gone' | 'dead';

/**
 * A channel over raw descriptors, for what Node has no streams for: a poll in the thread pool watches the one that
 * is in use.
 */
export class DescriptorChannel implements Channel {
  readonly #source: DescriptorSource;
  readonly #input = new InputSlab();
  readonly #output = new OutputQueue();
  #waiter: Waiter | undefined;
  #running: Promise<void> | undefined;
  /** −1 while there is none. */
  #fd = -1;
  #closing = false;
  #paused = false;
  /** There is a host, and what is written is for it. Over a lasting descriptor a host shows itself by its bytes. */
  #present = false;
  /** `end` has been said and not been answered. */
  #ended = false;
  /** The host has been released: when the output is out, its own descriptor is closed. */
  #leaving = false;
  /** `write` answered false. */
  #held = false;

  constructor(source: DescriptorSource) {
    this.#source = source;
  }

  async open(listener: ChannelListener): Promise<void> {
    const waiter = new Waiter();
    this.#waiter = waiter;
    this.#source.open();
    this.#running = this.#run(listener, waiter);
  }

  write(bytes: Buffer): boolean {
    if (!this.#present) return true;
    const idle = this.#output.empty;
    this.#output.add(bytes);
    if (idle) this.#output.flush(this.#fd);
    this.#held = this.#output.full;
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
    this.#leaving = !this.#source.lasting && this.#fd >= 0;
    this.#reconsider();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#waiter?.wake();
    await this.#running;
    this.#waiter?.[Symbol.dispose]();
    this.#waiter = undefined;
    this.#closeDescriptor();
    this.#source.close();
  }

  async #run(listener: ChannelListener, waiter: Waiter): Promise<void> {
    try {
      while (!this.#closing) {
        if (this.#fd < 0) await this.#nextDescriptor(waiter);
        else await this.#turn(listener, waiter);
      }
    } catch (error) {
      listener.fatal(
        new AgentError('channel', `error reading channel '${this.#source.name}': ${errnoText(error)}`, {
          cause: error,
        }),
      );
    }
  }

  async #nextDescriptor(waiter: Waiter): Promise<void> {
    const { bell, lasting } = this.#source;
    if (bell !== undefined && (await waiter.wait(bell, POLLIN)) === 0) return;
    const fd = this.#source.next();
    if (fd === undefined) {
      await waiter.sleep(ABSENT_MS);
      return;
    }
    this.#fd = fd;
    this.#present = !lasting;
  }

  /** Waits until there is something to do, and does it. */
  async #turn(listener: ChannelListener, waiter: Waiter): Promise<void> {
    if (this.#leaving && this.#output.empty) {
      this.#closeDescriptor();
      return;
    }
    const found = await waiter.wait(this.#fd, this.#wanted());
    if (found === 0 || this.#closing) return;
    if ((found & POLLOUT) !== 0) this.#output.flush(this.#fd);
    else if ((found & ~POLLIN) !== 0) this.#output.drop();
    this.#drained(listener);
    if ((found & ~POLLOUT) === 0) return;
    const outcome = this.#read(listener);
    if (outcome === 'more') return;
    const { lasting } = this.#source;
    if (lasting || outcome === 'dead') this.#output.drop();
    this.#drained(listener);
    this.#hostGone(listener);
    // A port without a host only hangs up; a terminal whose other side is closed is also in error, and stays so.
    if (lasting && (outcome === 'dead' || (found & POLLERR) !== 0)) this.#closeDescriptor();
    if (lasting && !this.#closing) await waiter.sleep(ABSENT_MS);
  }

  /** Hands on what there is to read. */
  #read(listener: ChannelListener): Outcome {
    for (let slabs = 0; slabs < SLABS_AT_ONCE && this.#reading; slabs += 1) {
      let chunk: Buffer;
      try {
        chunk = this.#input.read(this.#fd);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === EAGAIN || errno === EINTR) return 'more';
        // Whatever happens to a host's own descriptor ends that host, and a terminal that has hung up can be opened anew.
        if (!this.#source.lasting || errno === EIO) return 'dead';
        throw error;
      }
      if (chunk.length === 0) return 'gone';
      this.#present = true;
      listener.data(chunk);
      if (chunk.length < SLAB_SIZE) return 'more';
    }
    return 'more';
  }

  #hostGone(listener: ChannelListener): void {
    if (!this.#present || this.#ended) return;
    // Over its own descriptor a host may have closed its side only, and still wait for answers.
    this.#present = !this.#source.lasting;
    this.#ended = true;
    listener.end();
  }

  #drained(listener: ChannelListener): void {
    if (!this.#held || !this.#output.roomy) return;
    this.#held = false;
    listener.drain();
  }

  #closeDescriptor(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
    this.#present = false;
    this.#leaving = false;
    this.#output.drop();
  }

  get #reading(): boolean {
    return !this.#paused && !this.#ended && !this.#leaving && !this.#closing;
  }

  #wanted(): number {
    return (this.#reading ? POLLIN : 0) | (this.#output.empty ? 0 : POLLOUT);
  }

  /** Cuts the wait under way short if it is for something else than what is wanted now. */
  #reconsider(): void {
    const events = this.#waiter?.events;
    if (events !== undefined && (events !== this.#wanted() || this.#leaving)) this.#waiter?.wake();
  }
}
