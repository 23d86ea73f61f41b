/**
 * `@guestwire/agent`: the agent as a library. {@link createAgent} creates an agent for a transport, and
 * {@link commandModule} declares further commands.
 */
export { type AgentOptions, createAgent } from './agent.js';
export { AgentError, type AgentErrorCode } from './agent-error.js';
export type { Agent } from './assembled-agent.js';
export type { LogFormat } from './log/line.js';
export { createLog, type Log, type Logger, type LogOptions } from './log/logger.js';
export { loadPolicy, type PolicyContext } from './policy/load-policy.js';
export type { Policy } from './policy/policy.js';
export type { CommandLists } from './rpc/command-filter.js';
export {
  type CommandContext,
  type CommandModule,
  commandModule,
  type Handler,
  type Handlers,
} from './rpc/command-module.js';
export type {
  CommandObservation,
  CommandObserver,
  ObservedCommand,
  Verdict,
} from './rpc/command-observer.js';
export type { AnyCommandModule } from './rpc/registry.js';
export type { MemoryEvents } from './rpc/session.js';
export { STATE_DIRECTORY } from './state/handle-counter.js';
export { VIRTIO_SERIAL_PATH, virtioSerial } from './transport/device.js';
export { type InheritedSocket, inheritedListener, inheritedSocket } from './transport/inherited.js';
export { ISA_SERIAL_PATH, isaSerial } from './transport/isa-serial.js';
export type { Peer } from './transport/peer.js';
export type { AllowedIds, PeerOptions } from './transport/peer-filter.js';
export { type RetryOptions, retrying } from './transport/retrying.js';
export type { Transport, TransportListener } from './transport/transport.js';
export { type UnixListenOptions, unixListen } from './transport/unix-listen.js';
export { vsockListen } from './transport/vsock-listen.js';
export { VERSION } from './version.js';
