import {
  CommandError,
  encodeReply,
  encodeRequest,
  failure,
  parseRequest,
  type Request,
  SENTINEL,
  type WireValue,
} from '@guestwire/protocol';
import { MessageReader, REQUEST_LIMITS } from '@guestwire/protocol/wire';
import { isSilent } from '../../contract.js';
import { GuestError } from '../../guest-error.js';
import type { Transport } from '../transport.js';
import type { Virsh } from './virsh.js';
import { failureOf } from './virsh-text.js';

/**
 * The longest reply, in bytes. libvirt carries strings of 4 MiB (4,194,304 bytes) between virsh and its daemon; a
 * little less, since it writes answers anew in JSON of its own.
 */
export const LONGEST_REPLY = 4_000_000;
/**
 * The longest request, in bytes. What the agent's socket does not take at once, libvirt (seen with 9.0) sends again from the
 * beginning, so the agent gets a request that is damaged, and so are those that follow. A socket takes some 210,000 bytes
 * unless somebody has made `net.core.wmem_default` less.
 */
export const LONGEST_REQUEST = 128 * 1024;

/** Seconds that a command which answers nothing has for an error; the agent's helper fails at once if it does. */
const ERROR_TIME = 10;
/** Seconds that libvirt waits for an answer at the longest: meanwhile nobody else can ask this agent anything. */
const LONGEST_WAIT = 24 * 60 * 60;
/** libvirt tells the host's time limit in whole seconds; one more, so that the host's own comes first. */
const MARGIN = 1;

/** A domain, in one of its runs. */
export interface RunningDomain {
  /** What messages name. */
  readonly target: string;
  /** The number that libvirt has given to this run. */
  readonly number: string;
}

/**
 * Plays the agent of a domain for a host at the other end of a connection: takes its requests, has virsh carry
 * them to the agent one after the other, and gives its answers back as they are, `id`s included.
 *
 * - libvirt is already in step with the agent, and `guest-sync-delimited` would cost it the connection, so
 *   `guest-sync` is asked in its place; the delimiter is put before the answer here.
 * - A command that libvirt could not send, because the agent was busy or did not answer, is tried again as long
 *   as the host waits. One that was sent is not sent again: there is no answer then, as from an agent that hangs.
 * - A command that answers nothing when it succeeds has ten seconds to fail. What the host asks behind it shows whether
 *   the guest is still up.
 */
export class VirshAgent {
  readonly #end: Transport;
  readonly #virsh: Virsh;
  readonly #domain: RunningDomain;
  /** When the host gives up waiting for an answer to what it has sent, for each piece of that on its way. */
  readonly #deadlines: number[] = [];

  /** @param end the connection's end that the host does not have */
  constructor(end: Transport, virsh: Virsh, domain: RunningDomain) {
    this.#end = end;
    this.#virsh = virsh;
    this.#domain = domain;
  }

  /** Says how long, in milliseconds, the host waits for an answer to the piece that it sends now. */
  expect(patience: number): void {
    this.#deadlines.push(performance.now() + patience);
  }

  /**
   * Serves the host until it has gone.
   *
   * @throws {GuestError} `closed` if there is no way to the agent any more; the message says what to look at
   */
  async serve(): Promise<void> {
    const reader = new MessageReader({ ...REQUEST_LIMITS, bytes: LONGEST_REQUEST });
    for await (const bytes of this.#end) {
      const deadline = this.#deadlines.shift() ?? Number.POSITIVE_INFINITY;
      reader.push(bytes);
      for (let incoming = reader.next(); incoming !== undefined; incoming = reader.next()) {
        if (incoming.kind === 'value') await this.#answer(parseRequest(incoming.value), deadline);
        // The host's own delimiter has done its work with the reader.
        else if (incoming.stray !== SENTINEL) await this.#fail(new CommandError(incoming.desc.toString()));
      }
    }
  }

  async #answer(request: Request, deadline: number): Promise<void> {
    if (!request.ok) return await this.#fail(request.error, request.id);
    const delimited = request.name === 'guest-sync-delimited';
    const { args, id } = request;
    const name = delimited ? 'guest-sync' : request.name;
    const text = inQuotes(Buffer.concat([...encodeRequest(name, args.size === 0 ? undefined : args, id)]));
    if (text.length > LONGEST_REQUEST) {
      const desc = `the request is longer than the ${LONGEST_REQUEST} bytes that libvirt carries; send less at once`;
      return await this.#fail(new CommandError(desc), id);
    }
    const most = isSilent(name) ? ERROR_TIME : LONGEST_WAIT;
    // What its host no longer waits for is not sent.
    for (let patience = deadline - performance.now(); patience > 0; patience = deadline - performance.now()) {
      const seconds = Math.min(Math.ceil(patience / 1000) + MARGIN, most);
      const command = `qemu-agent-command --domain=${this.#domain.number} --timeout=${seconds} '${text}'`;
      const started = performance.now();
      const { output, errors } = await this.#virsh.run(command);
      const answer = lineOfJson(output);
      if (answer !== undefined) return await this.#say(delimited ? [Buffer.of(SENTINEL), answer] : [answer]);
      const failed = failureOf(errors);
      if (failed.kind === 'answer') {
        return await this.#fail(new CommandError(failed.desc, { class: failed.class }), id);
      }
      if (failed.kind === 'closed')
        throw new GuestError('closed', `${this.#domain.target}: ${failed.reason}`);
      if (failed.kind === 'unanswered') return;
      // libvirt waits five seconds for the agent to be in step, and then so many for the answer.
      const waited = performance.now() - started;
      if (failed.kind === 'unanswered or unsent' && waited > (seconds - MARGIN) * 1000) return;
    }
  }

  async #fail(error: CommandError, id?: WireValue): Promise<void> {
    await this.#say(encodeReply(failure(error, id)));
  }

  async #say(parts: Iterable<Buffer>): Promise<void> {
    await this.#end.write(Buffer.concat([...parts]));
  }
}

/** The request as it stands between single quotes on virsh's line: ASCII, no newline. */
function inQuotes(request: Buffer): string {
  return request.toString('latin1').trimEnd().replaceAll("'", '\\u0027');
}

const LINE_FEED = 0x0a;
const BRACE = 0x7b;

/** The first line that is an object, its newline included: `VIRSH_DEBUG` has virsh print more than that. */
function lineOfJson(output: Buffer): Buffer | undefined {
  for (let start = 0; start < output.length; ) {
    const end = output.indexOf(LINE_FEED, start);
    if (end < 0) return undefined;
    if (output[start] === BRACE) return output.subarray(start, end + 1);
    start = end + 1;
  }
  return undefined;
}
