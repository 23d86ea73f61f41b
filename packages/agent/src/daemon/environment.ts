/** Prefix under which `bin/guestd.sh` hides variables from Node. */
const HIDDEN = 'GUESTD_KEEP_';

/** Restores the names of variables that were hidden from Node when it started: programs of a host inherit them. */
export function restoreHidden(env: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith(HIDDEN)) continue;
    env[name.slice(HIDDEN.length)] = value;
    delete env[name];
  }
}
