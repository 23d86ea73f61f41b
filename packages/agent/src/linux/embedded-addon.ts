import { closeSync, constants, openSync, writeSync } from 'node:fs';
import process from 'node:process';
import { getRawAsset, isSea } from 'node:sea';
import { AgentError } from '../agent-error.js';

/**
 * Folders to put a nameless file into, the best first. Memory comes before disks: an agent that starts again while
 * the filesystems are frozen would wait for ever on a disk. Each may be absent, read-only, full or `noexec`.
 */
const FOLDERS = ['/dev/shm', '/run', '/dev', '/tmp', '/var/tmp'] as const;

/** Linux, x86-64; Node has no name for it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * An addon that lies inside the executable; undefined if this is not a single executable, or one that has no such part.
 *
 * The loader of shared objects takes files only, so the bytes go into one that never has a name: nobody else can put
 * something in its place, nothing stays behind, and `O_EXCL` keeps it from ever being given a name.
 *
 * @throws {AgentError} `addon` if no folder lets a file be made and executed
 */
export function embeddedAddon(name: string): unknown {
  if (!isSea()) return undefined;
  const bytes = asset(name);
  if (bytes === undefined) return undefined;
  const reasons: string[] = [];
  for (const folder of FOLDERS) {
    try {
      return loadFrom(folder, bytes);
    } catch (error) {
      reasons.push(`${folder}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new AgentError('addon', `no folder lets the native part of guestd be loaded: ${reasons.join('; ')}`, {
    advice: 'mount a tmpfs on /dev/shm without the option noexec',
  });
}

function asset(name: string): Uint8Array | undefined {
  try {
    const asset = getRawAsset(name);
    return typeof asset === 'string' ? undefined : new Uint8Array(asset);
  } catch {
    // A program that embeds the agent, and keeps the addon in a file beside it.
    return undefined;
  }
}

function loadFrom(folder: string, bytes: Uint8Array): unknown {
  const fd = openSync(folder, constants.O_RDWR | O_TMPFILE | constants.O_EXCL, 0o600);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    const loaded = { exports: {} };
    process.dlopen(loaded, `/proc/self/fd/${fd}`);
    return loaded.exports;
  } finally {
    closeSync(fd);
  }
}
