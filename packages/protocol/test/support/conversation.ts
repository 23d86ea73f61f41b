import assert from 'node:assert/strict';
import type { CommandTable } from '@guestwire/schema';
import { CommandError, checkArguments } from '@guestwire/schema';
import { commands } from '../../src/contract.js';
import { encodeReply, failure, parseRequest, type Reply, success } from '../../src/index.js';
import { MessageReader, type ParsedMessage } from '../../src/wire/index.js';

/** What was observed on QEMU 10.0's agent, byte for byte. */
export interface Conversation {
  readonly says: string;
  /** The bytes sent, as Latin-1. */
  readonly send: string;
  /** The lines answered, as Latin-1. */
  readonly answers: readonly string[];
}

/** Sent after each conversation: ends whatever is open, with the answer {@link ENDED}. */
const END = '\n\xff';
const ENDED = `{"error": {"class": "GenericError", "desc": "JSON parse error, stray '\\uFFFD'"}}`;

/** All messages and mistakes in the bytes, when they come in these chunks. */
export function readAll(chunks: readonly Uint8Array[], reader = new MessageReader()): ParsedMessage[] {
  const found: ParsedMessage[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(next);
  }
  return found;
}

/** The bytes whole, byte by byte, and cut in two at every position. */
export function* deliveries(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes];
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
  for (let at = 1; at < bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}

/** Holds the conversation with what stands for an agent here, however its bytes are delivered. */
export function hold({ send, answers }: Conversation): void {
  const bytes = Buffer.from(send + END, 'latin1');
  for (const chunks of deliveries(bytes)) {
    const lines = readAll(chunks).flatMap((incoming) => [...encodeReply(answer(incoming))]);
    assert.deepEqual(Buffer.concat(lines).toString('latin1').split('\n'), [...answers, ENDED, '']);
  }
}

const table: CommandTable = commands;

/** An agent without a machine: it knows sync and ping, and no file is open. */
function answer(incoming: ParsedMessage): Reply {
  if (incoming.kind === 'error') return failure({ class: 'GenericError', desc: incoming.desc });
  const request = parseRequest(incoming.value);
  if (!request.ok) return failure(request.error, request.id);
  const { name, id } = request;
  try {
    const command = table[name];
    if (command === undefined) throw CommandError.commandNotFound(name);
    const args = new Map<string, unknown>(Object.entries(checkArguments(command, request.args) as object));
    if (args.has('handle')) throw new CommandError(`handle '${args.get('handle')}' has not been found`);
    return success(args.get('id'), id, name === 'guest-sync-delimited');
  } catch (error) {
    assert(error instanceof CommandError);
    return failure(error, id);
  }
}

export function text(value: string): Buffer {
  return Buffer.from(value);
}
export function descs(found: readonly ParsedMessage[]): string[] {
  return found.map((incoming) => (incoming.kind === 'error' ? incoming.desc.toString() : 'value'));
}

export function onlyValue(found: readonly ParsedMessage[]): unknown {
  assert.equal(found.length, 1);
  const [first] = found;
  assert.equal(first?.kind, 'value');
  return first.value;
}

/** The same bytes in chunks of these sizes, each in separate memory. */
export function inChunks(bytes: Uint8Array, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return chunks;
}
