import type { Channel } from './channel/channel.js';
import { type CommandLists, commandFilter } from './command-filter.js';
import { sessionModule } from './commands/session.js';
import { silentLogger } from './log/logger.js';
import { type AnyCommandModule, Registry } from './registry.js';
import type { Logger } from './services.js';
import { Dispatcher } from './session/dispatcher.js';
import { Session } from './session/session.js';
import { VERSION } from './version.js';

/** How to make an agent. All but the channel have defaults. */
export interface AgentOptions {
  /** Where hosts are met: `unixListen(path)`, `virtioSerial()`, or one of your own. */
  readonly channel: Channel;
  /** Commands beside the built-in ones; `guest-info` lists them before those. */
  readonly modules?: readonly AnyCommandModule[];
  /** Which commands hosts may use. */
  readonly commands?: CommandLists;
  /** What `guest-info` reports as the agent's version. */
  readonly version?: string;
  readonly log?: Logger;
}

/** An agent, ready to be started once. */
export interface Agent extends AsyncDisposable {
  /**
   * Opens the channel and answers from then on.
   *
   * @throws {AgentError} `channel` if that cannot be
   */
  start(): Promise<void>;
  /** Ends the conversation and closes the channel; a request that is being handled gets no answer any more. */
  stop(): Promise<void>;
  /** Settles when the agent has ended: with the reason if its channel broke, with `undefined` after `stop`. */
  readonly stopped: Promise<Error | undefined>;
}

/** Makes an agent with the built-in commands and those of `options.modules`. Nothing is opened before `start`. */
export function createAgent(options: AgentOptions): Agent {
  const { channel, log = silentLogger, version = VERSION } = options;
  const registry = new Registry();
  const isEnabled = commandFilter(options.commands ?? {}, () => false);
  registry.register(sessionModule({ registry, isEnabled, version }));
  for (const module of options.modules ?? []) registry.register(module);

  let settle: (reason: Error | undefined) => void = () => {};
  const stopped = new Promise<Error | undefined>((resolve) => {
    settle = resolve;
  });
  const stop = async (reason?: Error): Promise<void> => {
    await channel.close();
    settle(reason);
  };
  const fatal = (error: Error): void => {
    log.warning(error.message);
    void stop(error);
  };
  const session = new Session(channel, new Dispatcher({ registry, isEnabled, log }), fatal);

  return {
    stopped,
    start: () => channel.open(session),
    stop: () => stop(),
    [Symbol.asyncDispose]: () => stop(),
  };
}
