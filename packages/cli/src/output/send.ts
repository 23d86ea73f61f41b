import type { OutputStream } from '../context.js';
import { printableLines } from './escape.js';

/** Writes, and waits until the stream accepts more data. */
function send(output: OutputStream, chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => output.write(chunk, resolve));
}

/** Returns a sink for bytes of the guest, which are escaped if the output is a terminal. */
export function guestBytes(output: OutputStream): {
  send(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
} {
  if (output.isTTY !== true) return { send: (bytes) => send(output, bytes), end: async () => {} };
  const decoder = new TextDecoder();
  return {
    send: (bytes) => send(output, printableLines(decoder.decode(bytes, { stream: true }))),
    end: () => send(output, printableLines(decoder.decode())),
  };
}
