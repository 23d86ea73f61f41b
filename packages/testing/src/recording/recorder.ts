import { type Clock, systemClock, type Transport } from '@guestwire/client';
import type { RecordedEvent, Recording } from './recording.js';

/** A connection whose traffic is recorded. */
export interface RecordedTransport extends Transport {
  /** What has gone over it so far. */
  readonly recording: Recording;
}

/**
 * A connection like the given one that also records what goes over it. Everything is kept in memory.
 *
 * ```ts
 * const transport = recorded(await unixTransport('/run/vm1/qga.sock'));
 * await using guest = await openGuest(transport);
 * await guest.call('guest-info');
 * await writeFile('info.recording', formatRecording(transport.recording));
 * ```
 */
export function recorded(transport: Transport, clock: Clock = systemClock): RecordedTransport {
  const events: RecordedEvent[] = [];
  const began = clock.now();
  let over = false;
  const time = (): number => Math.round((clock.now() - began) * 1000) / 1000;
  const keep = (by: RecordedEvent['by'], bytes: Uint8Array): void => {
    if (bytes.length > 0) events.push({ at: time(), by, kind: 'bytes', bytes: Buffer.from(bytes) });
  };
  const end = (by: RecordedEvent['by']): void => {
    // Whoever ends it first has ended it.
    if (!over) events.push({ at: time(), by, kind: 'end' });
    over = true;
  };
  return {
    target: transport.target,
    ...(transport.limits === undefined ? {} : { limits: transport.limits }),
    recording: { target: transport.target, events },
    write(bytes) {
      keep('host', bytes);
      return transport.write(bytes);
    },
    async *[Symbol.asyncIterator]() {
      try {
        for await (const bytes of transport) {
          keep('guest', bytes);
          yield bytes;
        }
      } finally {
        end('guest');
      }
    },
    async [Symbol.asyncDispose]() {
      end('host');
      await transport[Symbol.asyncDispose]();
    },
  };
}
