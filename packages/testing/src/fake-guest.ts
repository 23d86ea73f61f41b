import { type Clock, memoryTransports, systemClock, type Transport } from '@guestwire/client';
import { ConnectionServer } from './connection-server.js';
import { FakeAgent } from './fake-agent.js';
import { FaultSet } from './fault-set.js';
import type { Fault } from './faults.js';
import type { FakeHandlers, FakeRequest } from './handlers.js';
import { type ListenAddress, type ListeningSocket, listenOn } from './listen.js';
import { releaseOf } from './release.js';

/** The options of {@link fakeGuest}. */
export interface FakeGuestOptions {
  /** The QEMU release whose agent is simulated, from `0.15` on; `10.0` if absent. */
  readonly version?: string;
  /** Names of commands that the agent's configuration disables. */
  readonly disabled?: readonly string[];
  /** Faults that are installed from the beginning. */
  readonly faults?: readonly Fault[];
  /** Seed of all randomness: the same seed repeats a run. 1 if absent. */
  readonly seed?: number;
  /** Measures delays; the system's clock if absent. */
  readonly clock?: Clock;
  /** Treats a command without a handler as an error of the test, except for `guest-sync` and `guest-sync-delimited`. */
  readonly strict?: boolean;
  /** Keeps replies that a host did not receive for the next host, as a serial port does. */
  readonly keepReplies?: boolean;
  /**
   * Receives an error that is not a reply: a handler threw something other than a `CommandError`, or a strict guest received a
   * command without a handler. The connection is closed then. If absent, the error is thrown as an uncaught exception, so that
   * test runners report it.
   */
  readonly onError?: (error: unknown) => void;
}

/**
 * A guest whose agent a test controls. It answers one request at a time, in order, and serves one host after the other. As with
 * every agent, an incomplete request of one host is continued by the bytes of the next.
 */
export interface FakeGuest extends AsyncDisposable {
  /** The host's end of an in-memory connection, created at the first access. */
  readonly host: Transport;
  /** Returns the host's end of another in-memory connection. It is served after those before it. */
  connect(): Transport;
  /** Serves a connection, given the guest's end of it. Resolves when the connection has ended. */
  serve(transport: Transport): Promise<void>;
  /** Listens on a socket. */
  listen(address: ListenAddress): Promise<ListeningSocket>;
  /** Installs faults, which count requests from now on; disposing of the returned object removes them. */
  inject(...faults: readonly Fault[]): Disposable;
  /** All requests received, in order. */
  readonly requests: readonly FakeRequest[];
  /** The command names of {@link requests}. */
  readonly commands: readonly string[];
  /** Returns the first byte that was received. */
  firstByte(): number | undefined;
  /**
   * Sends bytes without a request, to the next host if none is connected. Text is Latin-1. Resolves when the host has received
   * them or has disconnected.
   */
  send(bytes: string | Uint8Array): Promise<void>;
  /** Ends the current connection. */
  disconnect(): Promise<void>;
}

/**
 * Creates a fake guest. A command without a handler has a plausible result; one that the release does not have is not found.
 *
 * ```ts
 * const fake = fakeGuest({ 'guest-get-host-name': () => ({ 'host-name': 'web1' }) });
 * await using guest = await openGuest(fake.host);
 * ```
 *
 * @throws {RangeError} if `version` is not a release with an agent
 */
export function fakeGuest(handlers: FakeHandlers = {}, options: FakeGuestOptions = {}): FakeGuest {
  const { clock = systemClock, keepReplies = false, onError = throwUncaught } = options;
  const release = releaseOf(options.version ?? '10.0');
  const agent = new FakeAgent(release, handlers, options.disabled, options.strict);
  const faults = new FaultSet(options.seed ?? 1);
  faults.install(options.faults ?? []);
  const server = new ConnectionServer({ agent, faults, clock, keepReplies, onError });
  const sockets = new Set<ListeningSocket>();
  let host: Transport | undefined;

  const connect = (): Transport => {
    const [hostEnd, guestEnd] = memoryTransports();
    void server.serve(guestEnd);
    return hostEnd;
  };

  return {
    get host() {
      host ??= connect();
      return host;
    },
    connect,
    serve: (transport) => server.serve(transport),
    async listen(address) {
      const socket = await listenOn(address, (transport) => server.serve(transport));
      sockets.add(socket);
      return socket;
    },
    inject: (...more) => faults.install(more),
    requests: agent.requests,
    get commands() {
      return agent.requests.map(({ name }) => name);
    },
    firstByte: () => server.firstByte,
    send: (bytes) => server.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    disconnect: () => server.disconnect(),
    async [Symbol.asyncDispose]() {
      await Promise.all([
        server.disconnect(),
        ...Array.from(sockets, (socket) => socket[Symbol.asyncDispose]()),
      ]);
    },
  };
}

function throwUncaught(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
