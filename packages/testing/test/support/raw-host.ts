import type { Transport } from '@guestwire/client';

/** A host that sends raw bytes and keeps the bytes it receives. Text is Latin-1. */
export interface RawHost {
  send(text: string): Promise<void>;
  /** Returns and discards the bytes received so far. */
  received(): Promise<string>;
  /** Returns and discards the same bytes in the pieces in which they arrived. */
  pieces(): Promise<string[]>;
  close(): Promise<void>;
  /** Resolves when the guest has ended the connection. */
  readonly closed: Promise<void>;
}

/** Resolves when everything has run that needs neither a timer nor input. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export function rawHost(transport: Transport): RawHost {
  const received: string[] = [];
  const read = async (): Promise<void> => {
    for await (const bytes of transport) received.push(Buffer.from(bytes).toString('latin1'));
  };
  const pieces = async (): Promise<string[]> => {
    await settled();
    return received.splice(0);
  };
  return {
    send: (text) => transport.write(Buffer.from(text, 'latin1')),
    received: async () => (await pieces()).join(''),
    pieces,
    close: async () => await transport[Symbol.asyncDispose](),
    closed: read(),
  };
}
