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
import { parseFailure } from './virsh-text.js';

/** libvirt carries strings of 4 MiB between virsh and its daemon; less, since it serializes replies again. */
export const MAX_REPLY_BYTES = 4_000_000;
/**
 * After a partial write to the agent's socket, libvirt (seen with 9.0) sends the request again from its beginning, which
 * damages it and those that follow. A socket accepts some 210,000 bytes by default (`net.core.wmem_default`).
 */
export const MAX_REQUEST_BYTES = 128 * 1024;

/** How long a command without a success reply is given to fail. */
const SILENT_TIMEOUT_S = 10;
/** Limits how long libvirt waits for a reply: meanwhile no other client can use this agent. */
const MAX_TIMEOUT_S = 24 * 60 * 60;
/** libvirt takes whole seconds; one more, so that the host's own time limit ends first. */
const TIMEOUT_MARGIN_S = 1;

/** One run of a domain. */
export interface RunningDomain {
  /** For messages. */
  readonly target: string;
  /** The number that libvirt gave to this run. */
  readonly number: string;
}

/**
 * Acts as the agent of a domain for the host at the other end of a connection: passes each request to virsh, in order, and
 * the replies back unchanged, including ids.
 *
 * - libvirt has already synchronized with the agent, and `guest-sync-delimited` would make it disconnect, so
 *   `guest-sync` is sent instead, and the delimiter is added here.
 * - A command that libvirt could not send, because the agent was busy or did not answer, is retried for as long as the
 *   host waits. One that was sent is not sent again: it gets no reply, as from an agent that hangs.
 * - A command without a success reply is given ten seconds to fail. The host's next request shows whether the guest is
 *   still up.
 */
export class VirshAgent {
  readonly #end: Transport;
  readonly #virsh: Virsh;
  readonly #domain: RunningDomain;
  /** When the host stops waiting for a reply, for each chunk in transit. */
  readonly #deadlines: number[] = [];

  /** @param end the agent's end of the connection */
  constructor(end: Transport, virsh: Virsh, domain: RunningDomain) {
    this.#end = end;
    this.#virsh = virsh;
    this.#domain = domain;
  }

  /** Announces a chunk, for whose reply the host waits `timeout` milliseconds. */
  expect(timeout: number): void {
    this.#deadlines.push(performance.now() + timeout);
  }

  /** Serves the host until it closes the connection; throws `closed` once the agent cannot be reached. */
  async serve(): Promise<void> {
    const reader = new MessageReader({ ...REQUEST_LIMITS, bytes: MAX_REQUEST_BYTES });
    for await (const bytes of this.#end) {
      const deadline = this.#deadlines.shift() ?? Number.POSITIVE_INFINITY;
      reader.push(bytes);
      for (let incoming = reader.next(); incoming !== undefined; incoming = reader.next()) {
        if (incoming.kind === 'value') await this.#answer(parseRequest(incoming.value), deadline);
        // The host's delimiter has reset the reader.
        else if (incoming.stray !== SENTINEL) await this.#fail(new CommandError(incoming.desc.toString()));
      }
    }
  }

  async #answer(request: Request, deadline: number): Promise<void> {
    if (!request.ok) return await this.#fail(request.error, request.id);
    const delimited = request.name === 'guest-sync-delimited';
    const { args, id } = request;
    const name = delimited ? 'guest-sync' : request.name;
    const text = escapeRequest(
      Buffer.concat([...encodeRequest(name, args.size === 0 ? undefined : args, id)]),
    );
    if (text.length > MAX_REQUEST_BYTES) {
      const desc = `the request exceeds the ${MAX_REQUEST_BYTES} bytes that libvirt carries; send less at once`;
      return await this.#fail(new CommandError(desc), id);
    }
    const most = isSilent(name) ? SILENT_TIMEOUT_S : MAX_TIMEOUT_S;
    // Not sent once the host has stopped waiting.
    for (let left = deadline - performance.now(); left > 0; left = deadline - performance.now()) {
      const seconds = Math.min(Math.ceil(left / 1000) + TIMEOUT_MARGIN_S, most);
      const command = `qemu-agent-command --domain=${this.#domain.number} --timeout=${seconds} '${text}'`;
      const started = performance.now();
      const { output, errors } = await this.#virsh.run(command);
      const reply = jsonLine(output);
      if (reply !== undefined) return await this.#send(delimited ? [Buffer.of(SENTINEL), reply] : [reply]);
      const failed = parseFailure(errors);
      if (failed.kind === 'error') {
        return await this.#fail(new CommandError(failed.desc, { class: failed.class }), id);
      }
      if (failed.kind === 'closed')
        throw new GuestError('closed', `${this.#domain.target}: ${failed.reason}`);
      if (failed.kind === 'unanswered') return;
      // libvirt waits five seconds for a synchronization, and then `seconds` for the reply.
      const waited = performance.now() - started;
      if (failed.kind === 'unanswered or unsent' && waited > (seconds - TIMEOUT_MARGIN_S) * 1000) return;
    }
  }

  async #fail(error: CommandError, id?: WireValue): Promise<void> {
    await this.#send(encodeReply(failure(error, id)));
  }

  async #send(parts: Iterable<Buffer>): Promise<void> {
    await this.#end.write(Buffer.concat([...parts]));
  }
}

/** Returns the request as it is written between single quotes on a line of virsh: ASCII, no newline. */
function escapeRequest(request: Buffer): string {
  return request.toString('latin1').trimEnd().replaceAll("'", '\\u0027');
}

const LINE_FEED = 0x0a;
const BRACE = 0x7b;

/** Returns the first line that is an object, with its newline: `VIRSH_DEBUG` makes virsh print more than that. */
function jsonLine(output: Buffer): Buffer | undefined {
  for (let start = 0; start < output.length; ) {
    const end = output.indexOf(LINE_FEED, start);
    if (end < 0) return undefined;
    if (output[start] === BRACE) return output.subarray(start, end + 1);
    start = end + 1;
  }
  return undefined;
}
