import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Link, openLink } from '../../compat/link.js';

/** An error reply of an agent. */
export interface AgentFailure {
  readonly class: string;
  readonly desc: string;
}

/** A host without the client library, which sends one request after another. */
export interface Conversation extends AsyncDisposable {
  readonly link: Link;
  /** Sends a request and returns its result; rejects with the agent's text on an error reply. */
  ask(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Sends a request that must fail, and returns the error. */
  fails(command: string, args?: Readonly<Record<string, unknown>>): Promise<AgentFailure>;
  /** Synchronizes with the agent, and drops pending replies. */
  synchronize(): Promise<void>;
}

function requestOf(command: string, args?: Readonly<Record<string, unknown>>): Buffer {
  return Buffer.from(`${JSON.stringify({ execute: command, ...(args && { arguments: args }) })}\n`);
}

const newline = Buffer.from('\n');

/** Milliseconds until a reply: a guest has one emulated processor, which may be shared. */
export const PATIENCE = 180_000;

/** The time limit and the interval of synchronization: the guest or its agent may still be starting. */
const STEP = 5_000;
const ATTEMPTS = 60;

/** Connects to an agent and waits until it replies. */
export async function converse(socket: string): Promise<Conversation> {
  const link = await openLink(socket, PATIENCE);
  const reply = async (command: string, args?: Readonly<Record<string, unknown>>) => {
    link.send(requestOf(command, args));
    const line = (await link.until(newline)).toString();
    return JSON.parse(line) as { return?: unknown; error?: AgentFailure };
  };
  const synchronizeOnce = async (): Promise<void> => {
    const id = randomInt(2 ** 47);
    link.send(Buffer.from([0xff]));
    link.send(requestOf('guest-sync-delimited', { id }));
    await link.until(Buffer.concat([Buffer.from([0xff]), Buffer.from(`{"return": ${id}}\n`)]), STEP);
  };
  const conversation: Conversation = {
    link,
    async ask(command, args) {
      const { return: value, error } = await reply(command, args);
      if (error !== undefined) throw new Error(`${command}: ${error.desc}`);
      return value;
    },
    async fails(command, args) {
      const { return: value, error } = await reply(command, args);
      if (error === undefined) throw new Error(`${command} succeeded: ${JSON.stringify(value)}`);
      return error;
    },
    async synchronize() {
      for (let attempt = 1; ; attempt++) {
        try {
          return await synchronizeOnce();
        } catch (error) {
          if (attempt === ATTEMPTS) throw error;
        }
      }
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
  try {
    await conversation.synchronize();
    return conversation;
  } catch (error) {
    await link[Symbol.asyncDispose]();
    throw error;
  }
}

/** Milliseconds between polls of a command, which needs the guest's only processor itself. */
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 250;

/** Runs a shell command in the guest through the C agent, and returns its output. */
export async function shell(reference: Conversation, script: string): Promise<string> {
  const { pid } = (await reference.ask('guest-exec', {
    path: '/bin/sh',
    arg: ['-c', script],
    'capture-output': true,
  })) as { pid: number };
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const status = (await reference.ask('guest-exec-status', { pid })) as {
      exited: boolean;
      exitcode?: number;
      'out-data'?: string;
      'err-data'?: string;
    };
    if (!status.exited) {
      await delay(pause);
      continue;
    }
    const text = (data?: string): string => Buffer.from(data ?? '', 'base64').toString();
    if (status.exitcode !== 0) throw new Error(`${script}: ${text(status['err-data'])}`);
    return text(status['out-data']);
  }
}
