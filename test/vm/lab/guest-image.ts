import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, keyOf } from './cache.js';
import { guestdPackage } from './guestd-package.js';
import { GUESTD_PORT, type GuestKind, REFERENCE_PORT } from './recipes.js';

export { GUESTD_PORT, type GuestKind, REFERENCE_PORT };

/** What QEMU needs to start a guest. */
export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
  /** The root filesystem, a raw image shared by all who use it: to be opened through an overlay (`overlayOn`). */
  readonly disk: string;
}

function program(name: string): string {
  return fileURLToPath(new URL(`${name}.js`, import.meta.url));
}

function recipeKey(): string {
  return keyOf(readFileSync(program('recipes')), readFileSync(program('make-image')));
}

function baseFolder(kind: GuestKind): string {
  return cached(`guest-${kind}-${recipeKey()}`, [program('make-image'), kind]);
}

function imageIn(folder: string): GuestImage {
  return {
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd.img'),
    disk: join(folder, 'disk.img'),
  };
}

/**
 * A Debian 13 with the C agent from Debian's own package on the port that hosts expect, and the same agent on the
 * port for the laboratory's own use. Made once on a machine, in about a minute, and then kept.
 */
export function guestImage(kind: GuestKind = 'systemd'): GuestImage {
  return imageIn(baseFolder(kind));
}

/**
 * The same guest after `dpkg -i` of guestd's Debian package, which took the place of the C agent's. Made once for
 * each package, in some seconds, and then kept.
 */
export function guestdImage(kind: GuestKind = 'systemd'): GuestImage {
  const packageFile = guestdPackage();
  const key = keyOf(recipeKey(), readFileSync(packageFile));
  return imageIn(
    cached(`guest-${kind}-guestd-${key}`, [program('make-image'), kind, baseFolder(kind), packageFile]),
  );
}
