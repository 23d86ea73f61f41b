/** A filesystem that may be frozen: enough to find it without its mount point. */
export interface RecordedFilesystem {
  readonly major: number;
  readonly minor: number;
  /** The type that the kernel mounts it as: `ext4`. */
  readonly type: string;
  /** A mount point at the time of the freeze, for messages only. */
  readonly directory: string;
}

/** Undoes nothing: it tells the next host that a freeze has ended without its request. */
export interface EarlyThaw {
  /** When, as in ISO 8601, in UTC. */
  readonly at: string;
  /** Why: `the agent was stopped`. */
  readonly reason: string;
}

/** What the next agent must know about a freeze if this one is killed; docs/freeze.md, "States". */
export interface FreezeRecord {
  /** `/proc/sys/kernel/random/boot_id` of the boot in which it was written. */
  readonly boot: string;
  /** The process that wrote it. */
  readonly pid: number;
  /** The end of the lease, in seconds since the boot, suspended time included; null for never. */
  readonly leaseEnd: number | null;
  /** Paths of the hooks that were started with `freeze` and have not run with `thaw`, in the order of their start. */
  readonly hooks: readonly string[];
  /** The filesystems that may be frozen, in the order of freezing. */
  readonly filesystems: readonly RecordedFilesystem[];
  /** Identity of the flag file that belongs to this record; absent without one. */
  readonly flag?: string | undefined;
  /** The thaw that no host has requested, if the host has not been informed yet. */
  readonly earlyThaw?: EarlyThaw | undefined;
}

/** A larger file is no record. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;

const MAX_ENTRIES = 16_384;
const MAX_TEXT_LENGTH = 4096;
const MAX_SECONDS = 2 ** 40;
const MAX_DEVICE_NUMBER = 2 ** 32 - 1;

/** Returns the text of a record file. */
export function formatRecord(record: FreezeRecord): string {
  return `${JSON.stringify(record, undefined, 1)}\n`;
}

/**
 * Parses a record file. Unknown members are ignored, and so are list entries that are invalid: each other entry may be a
 * filesystem to thaw. Returns undefined if the text is no record.
 */
export function parseRecord(text: string): FreezeRecord | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const { boot, pid, leaseEnd, hooks, filesystems, flag, earlyThaw } = value;
  if (!isText(boot) || !isInteger(pid, MAX_DEVICE_NUMBER)) return undefined;
  return {
    boot,
    pid,
    leaseEnd: leaseEndOf(leaseEnd),
    hooks: listOf(hooks, (hook) => (isText(hook) && hook.startsWith('/') ? hook : undefined)),
    filesystems: listOf(filesystems, filesystemOf),
    flag: isText(flag) ? flag : undefined,
    earlyThaw: earlyThawOf(earlyThaw),
  };
}

type JsonObject = { readonly [member: string]: unknown };

function parseObject(text: string): JsonObject | undefined {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function listOf<T>(value: unknown, parse: (entry: unknown) => T | undefined): readonly T[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ENTRIES).flatMap((entry) => parse(entry) ?? []);
}

function filesystemOf(value: unknown): RecordedFilesystem | undefined {
  const { major, minor, type, directory } = objectOf(value) ?? {};
  if (!isInteger(major, MAX_DEVICE_NUMBER) || !isInteger(minor, MAX_DEVICE_NUMBER)) return undefined;
  return isText(type) && isText(directory) ? { major, minor, type, directory } : undefined;
}

/** An invalid end has passed: a guest must not stay frozen because of it. */
function leaseEndOf(value: unknown): number | null {
  if (value === null) return null;
  return typeof value === 'number' && value >= 0 && value <= MAX_SECONDS ? value : 0;
}

function earlyThawOf(value: unknown): EarlyThaw | undefined {
  const { at, reason } = objectOf(value) ?? {};
  return isText(at) && isText(reason) ? { at, reason } : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_LENGTH && !value.includes('\0');
}

function isInteger(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max;
}
