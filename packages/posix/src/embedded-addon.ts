import { closeSync, constants, openSync, writeSync } from 'node:fs';
import process from 'node:process';

/** The foreign function interface, through which the C library is called, cannot be loaded. */
export class FfiUnavailableError extends Error {
  override readonly name = 'FfiUnavailableError';
  readonly advice: string;

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options);
    this.advice = advice;
  }
}

/**
 * Folders for an unnamed file, the best first. Memory comes before disks: while filesystems are frozen, a write to a disk
 * blocks. Each may be absent, read-only, full or `noexec`.
 */
const FOLDERS = ['/dev/shm', '/run', '/dev', '/tmp', '/var/tmp'] as const;

/** Linux, x86-64; Node has no name for it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * Loads an addon that is an asset of this single executable; undefined if the executable has no such asset.
 *
 * The loader of shared objects takes files only. The file never has a name, so nobody can replace it and nothing is left
 * behind.
 * @throws {FfiUnavailableError} if no folder lets a file be made and executed
 */
export function embeddedAddon<Addon>(name: string): Addon | undefined {
  // Bun and Deno do not have this module.
  const sea = process.getBuiltinModule('node:sea');
  if (!sea?.isSea()) return undefined;
  const bytes = asset(sea, name);
  if (bytes === undefined) return undefined;
  const reasons: string[] = [];
  for (const folder of FOLDERS) {
    try {
      return loadFrom<Addon>(folder, bytes);
    } catch (error) {
      reasons.push(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new FfiUnavailableError(
    `no folder lets the native part of this program be loaded: ${reasons.join('; ')}`,
    'mount a tmpfs on /dev/shm without the option noexec',
  );
}

function asset(sea: typeof import('node:sea'), name: string): Uint8Array | undefined {
  try {
    const asset = sea.getRawAsset(name);
    return typeof asset === 'string' ? undefined : new Uint8Array(asset);
  } catch {
    // Another program's executable, with the addon in a file beside it.
    return undefined;
  }
}

function loadFrom<Addon>(folder: string, bytes: Uint8Array): Addon {
  const fd = openSync(folder, constants.O_RDWR | O_TMPFILE | constants.O_EXCL, 0o600);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    // An addon adds its exports to the object that it receives.
    const loaded: { exports: Addon } = { exports: Object.create(null) };
    process.dlopen(loaded, `/proc/self/fd/${fd}`);
    return loaded.exports;
  } finally {
    closeSync(fd);
  }
}
