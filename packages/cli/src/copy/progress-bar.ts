import type { CopyProgress } from '@guestwire/client';
import type { OutputStream } from '../context.js';
import { printable } from '../output/escape.js';
import { bar, formatSpan, humanBytes } from '../output/format.js';
import { cutTo, padTo } from '../output/text.js';

const REFRESH_INTERVAL_MS = 100;
/** The time before the first speed is shown. */
const MIN_SPEED_MS = 500;
const DEFAULT_COLUMNS = 80;
const MIN_NAME_COLUMNS = 8;
const MAX_NAME_COLUMNS = 30;
const ERASE_LINE = '\r\u001b[K';

/** Formats the progress for a terminal of `width` columns. `speed` is in bytes per second. */
export function progressLine(progress: CopyProgress, speed: number | undefined, width: number): string {
  const { path, bytes, totalBytes, files, totalFiles } = progress;
  const share = totalBytes === undefined || totalBytes === 0 ? undefined : bytes / totalBytes;
  const left = speed === undefined || totalBytes === undefined ? undefined : (totalBytes - bytes) / speed;
  const facts = [
    ...(share === undefined
      ? []
      : [`${bar(share, 20, '=')} ${String(Math.floor(share * 100)).padStart(3)}%`]),
    totalBytes === undefined ? humanBytes(bytes) : `${humanBytes(bytes)} of ${humanBytes(totalBytes)}`,
    ...(speed === undefined ? [] : [`${humanBytes(Math.round(speed))}/s`]),
    ...(left === undefined || left <= 0 ? [] : [`${formatSpan(Math.ceil(left) * 1000)} left`]),
    ...(totalFiles !== undefined && totalFiles > 1 ? [`${files} of ${totalFiles} files`] : []),
  ].join('  ');
  const room = Math.min(width - facts.length - 2, MAX_NAME_COLUMNS);
  const name = room < MIN_NAME_COLUMNS ? '' : `${padTo(cutTo(printable(path), room), room)}  `;
  return cutTo(name + facts, width);
}

/** Returns a progress bar, which disposing erases; it shows nothing if the output is not a terminal. */
export function progressBar(output: OutputStream): Disposable & { show(progress: CopyProgress): void } {
  if (output.isTTY !== true) return { show() {}, [Symbol.dispose]() {} };
  let last = Number.NEGATIVE_INFINITY;
  let start: { readonly at: number; readonly bytes: number } | undefined;
  let shown = false;
  return {
    show(progress) {
      const now = performance.now();
      // The bytes of an earlier, interrupted copy are progress, but not speed.
      start ??= { at: now, bytes: progress.bytes };
      if (now - last < REFRESH_INTERVAL_MS) return;
      last = now;
      shown = true;
      const elapsed = now - start.at;
      const copied = progress.bytes - start.bytes;
      const speed = elapsed < MIN_SPEED_MS || copied <= 0 ? undefined : (copied * 1000) / elapsed;
      // The last column stays empty: some terminals wrap when it is written.
      const line = progressLine(progress, speed, (output.columns || DEFAULT_COLUMNS) - 1);
      output.write(Buffer.from(ERASE_LINE + printable(line)));
    },
    [Symbol.dispose]() {
      if (shown) output.write(Buffer.from(ERASE_LINE));
      shown = false;
    },
  };
}
