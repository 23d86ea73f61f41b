import { errnoOf } from '@guestwire/posix';
import type { GuestSystem } from '../guest-system.js';
import { readSystemFile } from '../system-file.js';
import { posixZone, type Zone } from './posix-zone.js';
import { parseTzif } from './tzif.js';

const OFFSET = /^([+-]?)(\d\d|\d(?!\d))(?::?([0-5]\d)(?::?([0-5]\d))?)?$/;

/**
 * Returns the guest's current time zone: that of the variable `TZ`, or else of `/etc/localtime` (qemu-ga §5.18). UTC if it
 * is invalid, as in GLib.
 */
export function localZone({ root, env }: Pick<GuestSystem, 'root' | 'env'>): Zone {
  const name = env['TZ'];
  const path = name?.replace(/^:/, '');
  const folder = env['TZDIR'] ?? `${root}/usr/share/zoneinfo`;
  const file =
    path === undefined ? `${root}/etc/localtime` : path.startsWith('/') ? path : `${folder}/${path}`;
  const zone = name === undefined ? undefined : (constantZone(name) ?? posixZone(name));
  return zone ?? zoneFile(file) ?? (() => ({ offset: 0, abbreviation: 'UTC' }));
}

/** GLib accepts an offset as a zone, and as its abbreviation: `+02:00`, `-0330`, `5`, `Z`. */
function constantZone(name: string): Zone | undefined {
  const [, sign, hours, minutes = '0', seconds = '0'] = OFFSET.exec(name === 'Z' ? '0' : name) ?? [];
  if (hours === undefined || Number(hours) > 24) return undefined;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return () => ({ offset: sign === '-' ? 0 - size : size, abbreviation: name });
}

function zoneFile(path: string): Zone | undefined {
  try {
    return parseTzif(readSystemFile(path));
  } catch (error) {
    if (errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}
