import { accessSync, closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { O_TMPFILE } from './open-flags.js';

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

const CHUNK_BYTES = 64 * 1024;

/** A place from which an embedded addon can be loaded. */
interface Source {
  readonly place: string;
  /** Returns a descriptor of a file that may be executed. @throws a system error if no such file exists */
  open(): number;
  /** Makes sure that the file contains the addon. @throws if it does not */
  fill(fd: number): void;
}

/**
 * Loads an addon that is an asset of this single executable; undefined if the executable has no such asset.
 *
 * The loader of shared objects takes files only. The file of the installation is preferred, since it needs no folder for
 * temporary files; it is used only if it has the bytes of the asset and nobody else can change it. Otherwise the addon is
 * written to a file that never has a name, so nobody can replace it and nothing is left behind.
 * @throws {FfiUnavailableError} if no folder lets a file be made and executed
 */
export function embeddedAddon<Addon>(name: string): Addon | undefined {
  const bytes = asset(name);
  if (bytes === undefined) return undefined;
  const reasons: string[] = [];
  for (const source of sources(name, bytes)) {
    try {
      return load<Addon>(source);
    } catch (error) {
      reasons.push(`${source.place}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new FfiUnavailableError(
    `no folder lets the native part of this program be loaded: ${reasons.join('; ')}`,
    `install it as ${installedPath(name)}, owned by root, or mount a tmpfs on /dev/shm without the option noexec`,
  );
}

/** Returns whether {@link embeddedAddon} would find a file to load the addon from, without loading it. */
export function isEmbeddedAddonLoadable(name: string): boolean {
  const bytes = asset(name);
  return bytes !== undefined && sources(name, bytes).some(isExecutable);
}

function isExecutable(source: Source): boolean {
  try {
    const fd = source.open();
    try {
      // Fails on a filesystem with the option noexec, whatever the rights of the user.
      accessSync(`/proc/self/fd/${fd}`, constants.X_OK);
      return true;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

function sources(name: string, bytes: Uint8Array): Source[] {
  const path = installedPath(name);
  return [
    { place: path, open: () => openInstalled(path), fill: (fd) => compare(fd, bytes) },
    ...FOLDERS.map((folder) => ({
      place: folder,
      open: () => openSync(folder, constants.O_RDWR | O_TMPFILE | constants.O_EXCL, 0o700),
      fill(fd: number) {
        for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
      },
    })),
  ];
}

/** `/usr/lib/guestd/koffi.node` for `/usr/sbin/guestd`. */
function installedPath(name: string): string {
  const { execPath } = process;
  return join(dirname(dirname(execPath)), 'lib', basename(execPath), name);
}

function openInstalled(path: string): number {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const stats = fstatSync(fd);
  const owners: (number | undefined)[] = [0, process.geteuid?.()];
  if (stats.isFile() && owners.includes(stats.uid) && (stats.mode & 0o022) === 0) return fd;
  closeSync(fd);
  throw new Error('other users can change it');
}

/** @throws if the file differs from the addon that belongs to this program */
function compare(fd: number, bytes: Uint8Array): void {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; ; ) {
    const size = readSync(fd, chunk, 0, CHUNK_BYTES, at);
    if (size === 0 && at === bytes.length) return;
    if (size === 0 || chunk.compare(bytes, at, Math.min(at + size, bytes.length), 0, size) !== 0) {
      throw new Error('it belongs to another version of this program');
    }
    at += size;
  }
}

function asset(name: string): Uint8Array | undefined {
  // Bun and Deno do not have this module.
  const sea = process.getBuiltinModule('node:sea');
  if (!sea?.isSea()) return undefined;
  try {
    const asset = sea.getRawAsset(name);
    return typeof asset === 'string' ? undefined : new Uint8Array(asset);
  } catch {
    // Another program's executable, with the addon in a file beside it.
    return undefined;
  }
}

function load<Addon>(source: Source): Addon {
  const fd = source.open();
  try {
    source.fill(fd);
    // An addon adds its exports to the object that it receives.
    const loaded: { exports: Addon } = { exports: Object.create(null) };
    process.dlopen(loaded, `/proc/self/fd/${fd}`);
    return loaded.exports;
  } finally {
    closeSync(fd);
  }
}
