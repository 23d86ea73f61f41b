import { type Clock, memoryTransports, systemClock, type Transport } from '@guestwire/client';
import { FakeAgent } from './fake-agent.js';
import { FaultTable } from './fault-table.js';
import type { Fault } from './faults.js';
import { GuestEnd } from './guest-end.js';
import type { FakeHandlers, FakeRequest } from './handlers.js';
import { type ListenAddress, type Listening, listenOn } from './listen.js';
import { seededRandom } from './random.js';
import { releaseOf } from './release.js';

/** What a fake guest is made with. */
export interface FakeGuestOptions {
  /** The release of QEMU whose agent it plays, from `0.15` on; `10.0` if absent. */
  readonly version?: string;
  /** Commands that its operator forbids. */
  readonly disabled?: readonly string[];
  /** What goes wrong on the way, from the beginning. */
  readonly faults?: readonly Fault[];
  /** What chance and random bytes come from: the same seed, the same run. 1 if absent. */
  readonly seed?: number;
  /** What delays are measured with; the system's clock if absent. */
  readonly clock?: Clock;
  /**
   * Takes a command without a handler for a mistake of the test: there are no answers beside those of the
   * handlers, but for synchronisation.
   */
  readonly strict?: boolean;
  /** Keeps replies that no host takes for the next host, as a serial port does. */
  readonly keepsReplies?: boolean;
  /**
   * Is told of an error that is no answer: a handler threw something else than a `CommandError`, or a strict guest
   * got a command that it does not expect. The connection ends then. If absent, the error is thrown where
   * nobody can catch it, so that test runners report it.
   */
  readonly onProblem?: (error: unknown) => void;
}

/**
 * A guest whose agent is under the test's control. It answers one request at a time, in order, and one host
 * after the other; half a request of one host is continued by the bytes of the next, as with every agent.
 */
export interface FakeGuest extends AsyncDisposable {
  /** A host's end of a connection in memory, always the same; it is made when it is asked for first. */
  readonly host: Transport;
  /** The end of another host. It is served when those before it have gone. */
  connect(): Transport;
  /** Serves any connection: `end` is the guest's end of it. Resolves when the connection has ended. */
  serve(end: Transport): Promise<void>;
  /** Listens on a socket. */
  listen(where: ListenAddress): Promise<Listening>;
  /** Adds faults, which count requests from now on; disposing of what it gives takes them away again. */
  inject(...faults: readonly Fault[]): Disposable;
  /** All requests that arrived, in order. */
  readonly requests: readonly FakeRequest[];
  /** The names of the commands of {@link requests}. */
  readonly commands: readonly string[];
  /** The first byte that arrived. */
  firstByte(): number | undefined;
  /**
   * Sends bytes that nobody asked for, to the next host if there is none. Text is taken as Latin-1. Resolves when
   * the host has taken them, or is gone.
   */
  say(bytes: string | Uint8Array): Promise<void>;
  /** Ends the connection to the host that is served. */
  hangUp(): Promise<void>;
}

/**
 * Plays a guest. Commands without a handler get a believable answer of the release; what the release does not
 * have is not found.
 *
 * ```ts
 * const fake = fakeGuest({ 'guest-get-host-name': () => ({ 'host-name': 'web1' }) });
 * await using guest = await openGuest(fake.host);
 * ```
 */
export function fakeGuest(handlers: FakeHandlers = {}, options: FakeGuestOptions = {}): FakeGuest {
  const { clock = systemClock, keepsReplies = false, onProblem = throwLater } = options;
  const agent = new FakeAgent({
    release: releaseOf(options.version ?? '10.0'),
    handlers,
    disabled: options.disabled ?? [],
    strict: options.strict ?? false,
  });
  const faults = new FaultTable(seededRandom(options.seed ?? 1));
  faults.install(options.faults ?? []);
  const guest = new GuestEnd({ agent, faults, clock, keepsReplies, onProblem });
  const listening = new Set<Listening>();
  let host: Transport | undefined;

  const connect = (): Transport => {
    const [hostEnd, guestEnd] = memoryTransports();
    void guest.serve(guestEnd);
    return hostEnd;
  };
  const hangUp = (): Promise<void> => guest.hangUp();

  return {
    get host() {
      host ??= connect();
      return host;
    },
    connect,
    serve: (end) => guest.serve(end),
    async listen(where) {
      const socket = await listenOn(where, (end) => guest.serve(end));
      listening.add(socket);
      return socket;
    },
    inject: (...more) => faults.install(more),
    requests: agent.requests,
    get commands() {
      return agent.requests.map(({ name }) => name);
    },
    firstByte: () => guest.firstByte,
    say: (bytes) => guest.say(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    hangUp,
    async [Symbol.asyncDispose]() {
      await Promise.all([hangUp(), ...Array.from(listening, (socket) => socket[Symbol.asyncDispose]())]);
    },
  };
}

function throwLater(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
