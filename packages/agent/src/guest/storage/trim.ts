import { constants } from 'node:fs';
import { closeFd, ENOTTY, EOPNOTSUPP, errnoText, ioctl, openFd, strerror } from '@guestwire/posix';

/** _IOWR('X', 121, struct fstrim_range). */
const FITRIM = 0xc0185879;

/** What came of trimming one filesystem; `error` in the words of the reference. All numbers are bytes. */
export type TrimOutcome = { readonly trimmed: bigint; readonly minimum: bigint } | { readonly error: string };

/**
 * Has a filesystem discard all free ranges of at least `minimum` bytes (qemu-ga §5.11), in the thread pool: this may
 * take minutes.
 *
 * @param directory where it is mounted
 */
export async function trimFilesystem(directory: Buffer, minimum: bigint): Promise<TrimOutcome> {
  let fd: number;
  try {
    fd = await openFd(directory, constants.O_RDONLY);
  } catch (error) {
    return { error: `failed to open: ${errnoText(error)}` };
  }
  try {
    // struct fstrim_range: start, length, smallest range; the kernel writes back the last two.
    const range = BigInt64Array.of(0n, -1n, minimum);
    const errno = -(await ioctl(fd, FITRIM, range.buffer));
    if (errno === ENOTTY || errno === EOPNOTSUPP) return { error: 'trim not supported' };
    if (errno > 0) return { error: `failed to trim: ${strerror(errno)}` };
    const [, trimmed = 0n, rounded = 0n] = range;
    return { trimmed, minimum: rounded };
  } finally {
    await closeFd(fd);
  }
}
