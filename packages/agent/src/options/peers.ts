import { AgentError } from '../agent-error.js';
import { type AllowedIds, HOST_CID } from '../transport/peer-filter.js';
import { DEFAULT_MODE } from '../transport/unix-listen.js';
import type { SettingKey, Settings } from './settings.js';

/** 4294967295 stands for any address in the kernel's interfaces, and for no user: no peer has it. */
const MAX_ID = 0xffff_fffe;

/** The options that decide who may connect, checked, with defaults. */
export interface PeerSettings {
  readonly vsockPeers: AllowedIds;
  /** Absent if the defaults of the transport apply. */
  readonly socketUsers: AllowedIds | undefined;
  readonly socketMode: number;
}

/**
 * Checks `vsock-peers`, `socket-users` and `socket-mode`.
 * @param origin returns the source of a setting for error messages
 * @throws {AgentError} `option`
 */
export function peerSettings(settings: Settings, origin: (key: SettingKey) => string): PeerSettings {
  return {
    vsockPeers: ids(settings, 'vsock-peers', 'context ids', origin) ?? [HOST_CID],
    socketUsers: ids(settings, 'socket-users', 'user ids', origin),
    socketMode: mode(settings, origin),
  };
}

function ids(
  settings: Settings,
  key: 'vsock-peers' | 'socket-users',
  kind: string,
  origin: (key: SettingKey) => string,
): AllowedIds | undefined {
  const text = settings[key];
  if (text === undefined || text === 'any') return text;
  const parts = text.split(',');
  if (parts.every((part) => /^\d{1,10}$/.test(part) && Number(part) <= MAX_ID)) return parts.map(Number);
  throw new AgentError('option', `${key} takes ${kind} separated by commas, or any, not '${text}'`, {
    advice: origin(key),
  });
}

function mode(settings: Settings, origin: (key: SettingKey) => string): number {
  const text = settings['socket-mode'];
  if (text === undefined) return DEFAULT_MODE;
  if (/^0?[0-7]{3}$/.test(text)) return Number.parseInt(text, 8);
  throw new AgentError('option', `socket-mode takes three octal digits, not '${text}'`, {
    advice: origin('socket-mode'),
  });
}
