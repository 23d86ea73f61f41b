import type { Transport } from '@guestwire/client';

/** A host that writes what it is told to, and remembers what it hears. Bytes are Latin-1. */
export interface RawHost {
  say(text: string): Promise<void>;
  /** What has come by now, all together; forgets it. */
  heard(): Promise<string>;
  /** The same, in the pieces in which it came. */
  pieces(): Promise<string[]>;
  leave(): Promise<void>;
  /** Resolves when the guest has ended the connection. */
  readonly over: Promise<void>;
}

/** Everything that runs in memory has run when this resolves. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export function rawHost(transport: Transport): RawHost {
  const heard: string[] = [];
  const listen = async (): Promise<void> => {
    for await (const bytes of transport) heard.push(Buffer.from(bytes).toString('latin1'));
  };
  const pieces = async (): Promise<string[]> => {
    await settled();
    return heard.splice(0);
  };
  return {
    say: (text) => transport.write(Buffer.from(text, 'latin1')),
    heard: async () => (await pieces()).join(''),
    pieces,
    leave: async () => await transport[Symbol.asyncDispose](),
    over: listen(),
  };
}
