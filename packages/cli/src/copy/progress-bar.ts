import type { CopyProgress } from '@guestwire/client';
import type { Output } from '../context.js';
import { printable } from '../output/printable.js';
import { formatSpan, humanBytes } from '../output/units.js';
import { cutTo, padTo } from '../output/width.js';

/** A line that shows how far a copy is, on a terminal; elsewhere nothing. Disposing takes it away. */
export interface ProgressBar extends Disposable {
  show(progress: CopyProgress): void;
}

/** Milliseconds between two pictures. */
const BETWEEN = 100;
/** Columns of a terminal that does not tell. */
const USUAL = 80;

const ERASE = '\r\u001b[K';

/** How fast, from what came since the first picture; nothing before there is something to tell. */
function speedOf(bytes: number, milliseconds: number): number | undefined {
  return milliseconds < 500 || bytes <= 0 ? undefined : (bytes * 1000) / milliseconds;
}

/** A bar of so many columns, a part of it full. */
function bar(share: number, columns: number): string {
  const full = Math.round(Math.min(Math.max(share, 0), 1) * columns);
  return `[${'='.repeat(full)}${' '.repeat(columns - full)}]`;
}

/** The picture of a moment, no wider than the terminal. */
export function progressLine(progress: CopyProgress, speed: number | undefined, width: number): string {
  const { path, bytes, totalBytes, files, totalFiles } = progress;
  const share = totalBytes === undefined || totalBytes === 0 ? undefined : bytes / totalBytes;
  const left = speed === undefined || totalBytes === undefined ? undefined : (totalBytes - bytes) / speed;
  const facts = [
    ...(share === undefined ? [] : [`${bar(share, 20)} ${String(Math.floor(share * 100)).padStart(3)}%`]),
    totalBytes === undefined ? humanBytes(bytes) : `${humanBytes(bytes)} of ${humanBytes(totalBytes)}`,
    ...(speed === undefined ? [] : [`${humanBytes(Math.round(speed))}/s`]),
    ...(left === undefined || left <= 0 ? [] : [`${formatSpan(Math.ceil(left) * 1000)} left`]),
    ...(totalFiles !== undefined && totalFiles > 1 ? [`${files} of ${totalFiles} files`] : []),
  ].join('  ');
  // The name gets what room there is, and nothing if there is too little to tell one from another.
  const room = width - facts.length - 2;
  const name = room < 8 ? '' : `${padTo(cutTo(printable(path), Math.min(room, 30)), Math.min(room, 30))}  `;
  return cutTo(name + facts, width);
}

/** Shows how far a copy is. */
export function progressBar(output: Output): ProgressBar {
  if (output.isTTY !== true) return { show() {}, [Symbol.dispose]() {} };
  let last = Number.NEGATIVE_INFINITY;
  let start: { readonly at: number; readonly bytes: number } | undefined;
  let shown = false;
  return {
    show(progress) {
      const now = performance.now();
      // What an earlier copy has brought counts at once, but not as speed.
      start ??= { at: now, bytes: progress.bytes };
      if (now - last < BETWEEN) return;
      last = now;
      shown = true;
      const speed = speedOf(progress.bytes - start.bytes, now - start.at);
      // The last column stays empty: some terminals go to the next line when it is written.
      output.write(ERASE + progressLine(progress, speed, (output.columns || USUAL) - 1));
    },
    [Symbol.dispose]() {
      if (shown) output.write(ERASE);
      shown = false;
    },
  };
}
