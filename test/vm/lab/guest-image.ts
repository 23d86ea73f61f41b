import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, keyOf } from './cache.js';
import { guestdPackage } from './guestd-package.js';
import { GUESTD_PORT, type GuestKind, REFERENCE_PORT } from './recipes.js';

export { GUESTD_PORT, type GuestKind, REFERENCE_PORT };

/** The files that QEMU needs to start a guest. */
export interface GuestImage {
  readonly kernel: string;
  readonly initrd: string;
  /** The root filesystem, a shared raw image: open it through an overlay (`overlayOn`). */
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
 * Returns a Debian 13 with the C agent from Debian's package on the default port, and the same agent on the port of the
 * reference agent. Made once on a machine, in about a minute, and then kept.
 */
export function guestImage(kind: GuestKind = 'systemd'): GuestImage {
  return imageIn(baseFolder(kind));
}

/**
 * Returns the same guest after `dpkg -i` of guestd's Debian package, which replaced the C agent. Made once for each
 * package, in some seconds, and then kept.
 */
export function guestdImage(kind: GuestKind = 'systemd'): GuestImage {
  const packageFile = guestdPackage();
  const key = keyOf(recipeKey(), readFileSync(packageFile));
  return imageIn(
    cached(`guest-${kind}-guestd-${key}`, [program('make-image'), kind, baseFolder(kind), packageFile]),
  );
}
