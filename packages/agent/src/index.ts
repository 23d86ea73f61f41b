/**
 * `@guestwire/agent`: the agent as a library. A program makes one with {@link createAgent}, gives it a channel,
 * and adds commands of its own with {@link commandModule}.
 */
export { type Agent, type AgentOptions, createAgent } from './agent.js';
export { AgentError, type AgentErrorCode } from './agent-error.js';
export type { Channel, ChannelListener } from './channel/channel.js';
export { type InheritedSocket, inheritedSocket } from './channel/inherited.js';
export { ISA_SERIAL_PATH, isaSerial } from './channel/isa-serial.js';
export { inheritedListener } from './channel/listening.js';
export { type RetryOptions, retrying } from './channel/retrying.js';
export { type UnixListenOptions, unixListen } from './channel/unix-listen.js';
export { VIRTIO_SERIAL_PATH, virtioSerial } from './channel/virtio-serial.js';
export { vsockListen } from './channel/vsock-listen.js';
export type { LogFormat } from './log/line.js';
export { createLog, type Log, type Logger, type LogOptions } from './log/logger.js';
export type { CommandLists } from './rpc/command-filter.js';
export {
  type CommandContext,
  type CommandModule,
  commandModule,
  type Handler,
  type Handlers,
} from './rpc/command-module.js';
export type { AnyCommandModule } from './rpc/registry.js';
export { STATE_DIRECTORY } from './state/handle-counter.js';
export { VERSION } from './version.js';
