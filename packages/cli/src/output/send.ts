import type { Output } from '../context.js';
import { printableLines } from './printable.js';

/** Writes, and waits until there is room for more. */
function send(output: Output, chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => output.write(chunk, resolve));
}

/**
 * Where the bytes of a guest's file or program go: to a program as they are, to a terminal so that they can do nothing there.
 */
export function guestBytes(output: Output): { send(bytes: Uint8Array): Promise<void>; end(): Promise<void> } {
  if (output.isTTY !== true) return { send: (bytes) => send(output, bytes), end: async () => {} };
  // A character may come in two pieces.
  const decoder = new TextDecoder();
  return {
    send: (bytes) => send(output, printableLines(decoder.decode(bytes, { stream: true }))),
    end: () => send(output, printableLines(decoder.decode())),
  };
}
