import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { act, type Held, release } from './actions.js';
import type { RunningAgent } from './agents.js';
import { type Link, openLink } from './link.js';
import { foldLines, type Names, toBytes, toText } from './notation.js';
import { type Conversation, turnsOf } from './transcript.js';

/** A unique synchronization, and the mark that ends the replies before it. */
function freshSync(): { request: Buffer; mark: Buffer } {
  const id = randomInt(1e12, 2 ** 48 - 1);
  return {
    request: Buffer.from(`{"execute":"guest-sync-delimited","arguments":{"id":${id}}}\n`),
    mark: Buffer.concat([Buffer.from([0xff]), Buffer.from(`{"return": ${id}}\n`)]),
  };
}

/** The reply to the byte FF that ends every conversation, when no half-sent message precedes it. */
const closingError = Buffer.from(
  '{"error": {"class": "GenericError", "desc": "JSON parse error, stray \'\\uFFFD\'"}}\n',
);

/** Returns all replies so far, when the parser is between two messages. */
async function settle(link: Link): Promise<Buffer> {
  const { request, mark } = freshSync();
  link.send(request);
  return await link.until(mark);
}

/** Returns all replies so far in any state of the parser, which a byte FF resets. */
async function close(link: Link): Promise<Buffer> {
  const { request, mark } = freshSync();
  link.send(Buffer.from([0xff]));
  link.send(request);
  const replies = await link.until(mark);
  return replies.subarray(-closingError.length).equals(closingError)
    ? replies.subarray(0, -closingError.length)
    : replies;
}

/** Opens and closes a file, to find the next handle. */
async function lastHandle(link: Link): Promise<bigint> {
  link.send(Buffer.from('\xff{"execute":"guest-file-open","arguments":{"path":"/dev/null"}}\n', 'latin1'));
  const opened = /\{"return": (\d+)\}\n$/.exec((await settle(link)).toString('latin1'))?.[1];
  if (opened === undefined) return 0n; // The command is blocked: no conversation opens anything.
  link.send(Buffer.from(`{"execute":"guest-file-close","arguments":{"handle":${opened}}}\n`));
  await settle(link);
  return BigInt(opened);
}

/** Returns the pid of the last process that was started, if any. */
function lastPid(replies: Buffer): string | undefined {
  return [...replies.toString('latin1').matchAll(/"return": \{"pid": (\d+)\}/g)].at(-1)?.[1];
}

/** Milliseconds until a process must have ended. */
const PATIENCE = 30_000;

/** Polls the status of a process until it has ended, and returns that reply. */
async function ending(link: Link, pid: string): Promise<Buffer> {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await delay(2)) {
    link.send(Buffer.from(`{"execute":"guest-exec-status","arguments":{"pid":${pid}}}\n`));
    const reply = await settle(link);
    if (!reply.includes('"exited": false')) return reply;
  }
  throw new Error(`process ${pid} has not ended within ${PATIENCE / 1000} s`);
}

function linesOf(bytes: Buffer, names: Names): string[] {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    lines.push(toText(bytes.subarray(start, end < 0 ? undefined : end), names));
    if (end < 0) lines.push('(no line feed)');
    start = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}

/** Runs a conversation and returns the lines received in each of its turns. */
export async function converse(agent: RunningAgent, conversation: Conversation): Promise<string[][]> {
  const folder = mkdtempSync(join(agent.folder, 'c-'));
  const held: Held = { fifos: new Map() };
  let link = await openLink(agent.socket);
  try {
    const handle = await lastHandle(link);
    const names: Names = { dir: join(agent.folderInside, basename(folder)), handle, pid: '-1' };

    const turns = turnsOf(conversation);
    const seen: string[][] = [];
    for (const [index, turn] of turns.entries()) {
      const shown: string[] = [];
      const bytes: Buffer[] = [];
      if (turn.reconnects) link = await openLink(agent.socket);
      for (const step of turn.steps) {
        if (step.kind === 'send') {
          bytes.push(toBytes(step.newline ? `${step.text}\n` : step.text, names));
        } else if (step.kind === 'action' && step.words === 'ended') {
          shown.push(...linesOf(await ending(link, names.pid), names));
        } else if (step.kind === 'action' && step.words !== 'reconnect') {
          const view = act(step.words.replaceAll('$dir', names.dir), folder, held);
          if (view !== undefined) shown.push(view);
        }
      }
      link.send(Buffer.concat(bytes));
      const next = turns[index + 1];
      const replies =
        next === undefined ? await close(link) : next.reconnects ? await link.finish() : await settle(link);
      names.pid = lastPid(replies) ?? names.pid;
      seen.push([...shown, ...foldLines(linesOf(replies, names))]);
    }
    return seen;
  } finally {
    release(held);
    await link[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }
}
