import type { Logger } from '../log/logger.js';
import type { Channel, ChannelListener } from './channel.js';

/** What a channel that is opened again and again needs. */
export interface RetryOptions {
  readonly log: Logger;
  /** Settles when it is time to open the channel again, or `signal` aborts. Never rejects. */
  readonly wait: (signal: AbortSignal) => Promise<void>;
}

/**
 * A channel that never breaks: one that cannot be opened, or breaks, is made and opened anew, for ever (qemu-ga §8.8,
 * `--retry-path`). All that the listener learns of it is that a host has gone. Opening it settles after the first
 * attempt, however that went.
 *
 * @param make makes the channel; each is opened once
 */
export function retrying(make: () => Channel, { log, wait }: RetryOptions): Channel {
  const closing = new AbortController();
  const { signal } = closing;
  /** Ends the use of the current channel. */
  let lose: () => void = () => {};
  let running: Promise<void> | undefined;
  /** Undefined while there is none. */
  let current: Channel | undefined;
  let paused = false;
  /** `write` answered false. */
  let held = false;
  /** A host has sent something since the last `end`. */
  let present = false;
  /** `end` has been said and not been answered. */
  let ended = false;
  /** Is told of the answer when the channel that the host came over is lost. */
  let released: () => void = () => {};
  /** Why the channel could not be opened the last time. */
  let lastFailure: string | undefined;

  /** Makes and opens a channel. Settles when it is lost, or could not be opened. */
  const serve = async (listener: ChannelListener, opened: () => void): Promise<void> => {
    const channel = make();
    current = channel;
    if (paused) channel.pause();
    try {
      await new Promise<void>((lost, failed) => {
        lose = lost;
        const watched: ChannelListener = {
          data(chunk) {
            present = true;
            listener.data(chunk);
          },
          drain() {
            held = false;
            listener.drain();
          },
          end() {
            present = false;
            ended = true;
            listener.end();
          },
          fatal(error) {
            log.error(error.message);
            lost();
          },
        };
        channel.open(watched).then(() => {
          lastFailure = undefined;
          opened();
        }, failed);
      });
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      // Every few seconds the same would be no news.
      if (failure !== lastFailure) log.critical(failure);
      lastFailure = failure;
    } finally {
      current = undefined;
      await channel.close();
    }
  };

  /** Ends the conversation with the host of a lost channel. Settles when the listener has nothing more for it. */
  const endHost = async (listener: ChannelListener): Promise<void> => {
    const answered = new Promise<void>((resolve) => {
      released = resolve;
    });
    if (held) {
      held = false;
      listener.drain();
    }
    if (present) {
      present = false;
      ended = true;
      listener.end();
    }
    if (ended) await answered;
  };

  const run = async (listener: ChannelListener, opened: () => void): Promise<void> => {
    for (;;) {
      await serve(listener, opened);
      opened();
      if (signal.aborted) return;
      log.warning('agent stopped unexpectedly, restarting...');
      log.warning('waiting for channel path...');
      await Promise.all([endHost(listener), wait(signal)]);
      if (signal.aborted) return;
    }
  };

  return {
    open: (listener) =>
      new Promise((opened) => {
        running = run(listener, opened);
      }),
    write(bytes) {
      held = current?.write(bytes) === false;
      return !held;
    },
    pause() {
      paused = true;
      current?.pause();
    },
    resume() {
      paused = false;
      current?.resume();
    },
    release() {
      ended = false;
      if (current === undefined) released();
      else current.release();
    },
    async close() {
      closing.abort();
      lose();
      released();
      await running;
    },
  };
}
