import type { GuestSystem } from '../guest-system.js';
import { readSystemFile, SystemFileError } from '../system-file.js';
import { posixZone, type Zone } from './posix-zone.js';
import { parseTzif } from './tzif.js';

const UTC: Zone = () => ({ offset: 0, abbreviation: 'UTC' });

const OFFSET = /^([+-]?)(\d\d|\d(?!\d))(?::?([0-5]\d)(?::?([0-5]\d))?)?$/;

/**
 * The guest's time zone as it is configured now: by the variable `TZ` if that is set, else by `/etc/localtime`
 * (qemu-ga §5.18). UTC if it cannot be understood, as with GLib.
 */
export function localZone({ root, env }: GuestSystem): Zone {
  const name = env['TZ'];
  if (name === undefined) return zoneFile(`${root}/etc/localtime`) ?? UTC;
  const folder = env['TZDIR'] ?? `${root}/usr/share/zoneinfo`;
  const path = name.replace(/^:/, '');
  return (
    constantZone(name) ??
    posixZone(name) ??
    zoneFile(path.startsWith('/') ? path : `${folder}/${path}`) ??
    UTC
  );
}

/** GLib takes an offset for a zone: `+02:00`, `-0330`, `5`, `Z`. It is the zone's abbreviation, too. */
function constantZone(name: string): Zone | undefined {
  if (name === 'Z') return () => ({ offset: 0, abbreviation: name });
  const [, sign, hours, minutes = '0', seconds = '0'] = OFFSET.exec(name) ?? [];
  if (hours === undefined || Number(hours) > 24) return undefined;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return () => ({ offset: sign === '-' ? 0 - size : size, abbreviation: name });
}

function zoneFile(path: string): Zone | undefined {
  try {
    return parseTzif(readSystemFile(path));
  } catch (error) {
    if (error instanceof SystemFileError) return undefined;
    throw error;
  }
}
