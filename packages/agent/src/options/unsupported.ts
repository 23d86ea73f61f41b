import { AgentError } from '../agent-error.js';
import type { ConfigFile } from './config-file.js';

/**
 * Refuses what the C agent can do and this release cannot yet, rather than to leave it undone in silence.
 *
 * @throws {AgentError} `unsupported`
 */
export function refuseUnsupported(settings: ConfigFile): void {
  if (settings.daemon === true) refuse('--daemonize', 'let a service manager start guestd in the foreground');
  if (settings.pidfile !== undefined) refuse('--pidfile', 'let a service manager keep track of guestd');
  if (settings['retry-path'] === true) refuse('--retry-path', 'let a service manager start guestd again');
  if (settings['fsfreeze-hook'] !== undefined)
    refuse('--fsfreeze-hook', 'freeze without a hook, or not at all');
}

function refuse(what: string, advice: string): never {
  throw new AgentError('unsupported', `${what} is not available in this release yet`, { advice });
}
