import { open } from 'node:fs/promises';
import { ENOTTY, EOPNOTSUPP, errnoText, ioctl, strerror } from '@guestwire/posix';

/** _IOWR('X', 121, struct fstrim_range). */
const FITRIM = 0xc0185879;

/** Result of trimming one filesystem, in bytes, or the text of qemu-ga for the failure. */
export type TrimOutcome = { readonly trimmed: bigint; readonly minimum: bigint } | { readonly error: string };

/**
 * Discards all free ranges of at least `minimum` bytes of a filesystem (qemu-ga §5.11), in the thread pool: this may take
 * minutes.
 * @param directory the mount point
 */
export async function trimFilesystem(directory: Buffer, minimum: bigint): Promise<TrimOutcome> {
  const opened = await open(directory, 'r').catch((error: unknown) => `failed to open: ${errnoText(error)}`);
  if (typeof opened === 'string') return { error: opened };
  await using file = opened;
  // struct fstrim_range: start, length, smallest range; the kernel writes back the last two.
  const range = BigInt64Array.of(0n, -1n, minimum);
  const errno = -(await ioctl(file.fd, FITRIM, range.buffer));
  if (errno === ENOTTY || errno === EOPNOTSUPP) return { error: 'trim not supported' };
  if (errno > 0) return { error: `failed to trim: ${strerror(errno)}` };
  const [, trimmed = 0n, rounded = 0n] = range;
  return { trimmed, minimum: rounded };
}
