import { createRequire } from 'node:module';
import { embeddedAddon, FfiUnavailableError, isEmbeddedAddonLoadable } from './embedded-addon.js';

const ADDON = 'koffi.node';

/** The part of the npm package koffi that is used; declared here so that users need not have its types. */
interface Koffi {
  load(path: null): { func<Result>(prototype: string): NativeFunction<Result> };
  struct(name: string, members: Readonly<Record<string, string>>): unknown;
  sizeof(type: string): number;
  decode<T>(memory: ArrayBuffer, type: string): T;
  address(bytes: ArrayBufferLike): bigint;
  errno(): number;
}

interface NativeFunction<Result> {
  (...args: readonly unknown[]): Result;
  async(...args: readonly unknown[]): void;
}

let loaded: { readonly koffi: Koffi; readonly libc: ReturnType<Koffi['load']> } | undefined;

let unavailable: FfiUnavailableError | undefined;

/** Names of the structures that koffi knows; it rejects a second definition. */
const structs = new Set<string>();

/**
 * Loads the FFI and the C library, which takes some milliseconds, 4 MB, and reads files. The first call of any system
 * call does it too; call this where that would be too late, e.g. before filesystems are frozen.
 * @throws {FfiUnavailableError}
 */
export function loadFfi(): void {
  ffi();
}

/**
 * Makes sure that {@link loadFfi} will work, at less cost: loads the FFI only if that is the one way to know.
 * @throws {FfiUnavailableError}
 */
export function checkFfi(): void {
  if (loaded === undefined && !isEmbeddedAddonLoadable(ADDON)) loadFfi();
}

/** @throws {FfiUnavailableError} */
export function koffi(): Koffi {
  return ffi().koffi;
}

function ffi(): NonNullable<typeof loaded> {
  if (unavailable !== undefined) throw unavailable;
  try {
    loaded ??= load();
    return loaded;
  } catch (error) {
    // A second attempt would search all modules and folders again, for each error text.
    if (error instanceof FfiUnavailableError) unavailable = error;
    throw error;
  }
}

function load(): NonNullable<typeof loaded> {
  const koffi = loadKoffi();
  return { koffi, libc: koffi.load(null) };
}

function loadKoffi(): Koffi {
  // The addon alone is enough: the rest of the package finds it.
  const addon = embeddedAddon<Koffi>(ADDON);
  if (addon !== undefined) return addon;
  try {
    return createRequire(import.meta.url)('koffi');
  } catch (cause) {
    throw new FfiUnavailableError(
      `cannot load the npm package koffi: ${cause instanceof Error ? cause.message.split('\n', 1)[0] : cause}`,
      'it is needed for virtio and serial ports, vsock, terminals and freezing; npm install koffi',
      { cause },
    );
  }
}

type Structs = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** A function of the C library, looked up at its first call. */
export class CFunction<Result extends number | bigint | string = number> {
  readonly #prototype: string;
  readonly #structs: Structs;
  #raw: NativeFunction<Result> | undefined;
  #isMissing = false;

  /**
   * @param prototype in C: `int dup2(int from, int to)`
   * @param structs the structures in the prototype: the types of their members by name
   */
  constructor(prototype: string, structs: Structs = {}) {
    this.#prototype = prototype;
    this.#structs = structs;
  }

  /** The function with the result that C gives: for results that are no error numbers, and for hot paths. */
  get raw(): NativeFunction<Result> {
    this.#raw ??= this.#lookUp();
    return this.#raw;
  }

  /** False if the C library does not have the function. */
  get isAvailable(): boolean {
    if (this.#raw !== undefined) return true;
    if (this.#isMissing) return false;
    try {
      this.#raw = this.#lookUp();
    } catch {
      this.#isMissing = true;
    }
    return !this.#isMissing;
  }

  /** Calls it in this thread: returns the result, or the negated error number if that is -1. */
  call(...args: readonly unknown[]): Result | number {
    return orErrno(this.raw(...args));
  }

  /** Calls it in the thread pool, as {@link call} does. Memory that `args` refer to stays alive until it has ended. */
  callAsync(...args: unknown[]): Promise<Result | number> {
    return new Promise((resolve, reject) => {
      this.raw.async(...args, (error: unknown, result: Result) => {
        keepAlive(args);
        if (error === null) resolve(orErrno(result));
        else reject(error);
      });
    });
  }

  #lookUp(): NativeFunction<Result> {
    const { koffi, libc } = ffi();
    for (const [name, members] of Object.entries(this.#structs)) {
      if (!structs.has(name)) koffi.struct(name, members);
      structs.add(name);
    }
    return libc.func<Result>(this.#prototype);
  }
}

const kept: unknown[] = [];

/** Keeps memory from being collected up to here, which C code knows by its address only. */
export function keepAlive(memory: unknown): void {
  kept[0] = memory;
  kept.length = 0;
}

/** Returns the address of bytes in memory, which stays the same as long as the buffer is in use. */
export function addressOf(bytes: ArrayBufferLike): bigint {
  return koffi().address(bytes);
}

function orErrno<Result>(result: Result): Result | number {
  return result === -1 ? -koffi().errno() : result;
}
