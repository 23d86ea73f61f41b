import { type Clock, systemClock, type Transport } from '@guestwire/client';
import type { RecordedEvent, Recording } from './recording.js';

/** A transport that records its traffic. */
export interface RecordedTransport extends Transport {
  /** The traffic so far. */
  readonly recording: Recording;
}

/**
 * Wraps a transport and records its traffic in memory.
 *
 * ```ts
 * const transport = recordTransport(await unixTransport('/run/vm1/qga.sock'));
 * await using guest = await openGuest(transport);
 * await guest.call('guest-info');
 * await writeFile('info.recording', formatRecording(transport.recording));
 * ```
 */
export function recordTransport(transport: Transport, clock: Clock = systemClock): RecordedTransport {
  const events: RecordedEvent[] = [];
  const start = clock.now();
  let hasEnded = false;
  const time = (): number => Math.round((clock.now() - start) * 1000) / 1000;
  const record = (by: RecordedEvent['by'], bytes: Uint8Array): void => {
    if (bytes.length > 0) events.push({ at: time(), by, kind: 'bytes', bytes: Buffer.from(bytes) });
  };
  const end = (by: RecordedEvent['by']): void => {
    if (!hasEnded) events.push({ at: time(), by, kind: 'end' });
    hasEnded = true;
  };
  return {
    target: transport.target,
    ...(transport.limits === undefined ? {} : { limits: transport.limits }),
    recording: { target: transport.target, events },
    write(bytes) {
      record('host', bytes);
      return transport.write(bytes);
    },
    async *[Symbol.asyncIterator]() {
      try {
        for await (const bytes of transport) {
          record('guest', bytes);
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
