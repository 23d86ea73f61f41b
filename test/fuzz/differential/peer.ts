import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentProgram, type RunningAgent, readOnly, startAgent } from '../../compat/agents.js';
import { type Link, openLink } from '../../compat/link.js';
import { BLOCKED, SCRATCH } from './requests.js';

/** The reply to the byte FF after each case, which ends an unfinished message. */
const ENDED = `{"error": {"class": "GenericError", "desc": "JSON parse error, stray '\\uFFFD'"}}\n`;

/** Milliseconds until the replies to a case. Only an agent that stopped answering reaches this limit. */
const REPLY_TIMEOUT_MS = 60_000;

/** An agent that receives generated input. */
export class Peer implements AsyncDisposable {
  readonly #agent: RunningAgent;
  readonly #link: Link;
  readonly #folder: string;
  #syncId = 1_000_000;

  private constructor(agent: RunningAgent, link: Link) {
    this.#agent = agent;
    this.#link = link;
    this.#folder = join(agent.folderInside, 'state');
  }

  /** Starts an agent that cannot write outside of its folder, and has no command that changes the machine. */
  static async start(program: AgentProgram): Promise<Peer> {
    const agent = await startAgent(readOnly(program), ['-b', BLOCKED.join(',')]);
    try {
      mkdirSync(join(agent.folder, 'state/folder'));
      return new Peer(agent, await openLink(agent.socket, REPLY_TIMEOUT_MS));
    } catch (error) {
      await agent[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The process, for the measurement of its memory. */
  get pid(): number {
    return this.#agent.pid;
  }

  /**
   * Sends cases, each in its pieces, and returns the replies to each as Latin-1. The agent's scratch folder is spelled as in the
   * requests.
   */
  async converse(cases: readonly (readonly Buffer[])[]): Promise<string[]> {
    const marks = cases.map((pieces) => {
      for (const piece of pieces) this.#link.send(this.#withFolder(piece));
      const id = this.#syncId++;
      this.#link.send(
        Buffer.from(`\n\xff{"execute":"guest-sync-delimited","arguments":{"id":${id}}}\n`, 'latin1'),
      );
      return Buffer.from(`\xff{"return": ${id}}\n`, 'latin1');
    });
    const replies: string[] = [];
    for (const mark of marks) replies.push(this.#readable(await this.#link.until(mark)));
    return replies;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
    await this.#agent[Symbol.asyncDispose]();
  }

  #withFolder(piece: Buffer): Buffer {
    return piece.includes(SCRATCH)
      ? Buffer.from(piece.toString('latin1').replaceAll(SCRATCH, this.#folder), 'latin1')
      : piece;
  }

  #readable(replies: Buffer): string {
    const text = replies.toString('latin1').replaceAll(this.#folder, SCRATCH);
    return text.endsWith(ENDED) ? text.slice(0, -ENDED.length) : text;
  }
}
