import type { OutputCapture } from './output-capture.js';

/** What the background processes of one helper may print after its end; a process that prints more receives SIGPIPE. */
const OUTPUT_LIMIT_BYTES = 1024 * 1024;

/** Each pipe takes a descriptor, which the agent needs for hosts. */
const MAX_PIPES = 16;

/** The pipes that are still read, the oldest first. */
const pipes = new Set<OutputCapture>();

/**
 * Reads and drops what the background processes of a helper print after its end, within limits: without a reader they would
 * end at their first line, and a lock on a database with them.
 */
export function leaveToBackground(output: OutputCapture): void {
  for (const pipe of pipes) if (pipe.ended) pipes.delete(pipe);
  output.drop(OUTPUT_LIMIT_BYTES);
  if (output.ended) return;
  pipes.add(output);
  const [oldest] = pipes;
  if (pipes.size <= MAX_PIPES || oldest === undefined) return;
  oldest[Symbol.dispose]();
  pipes.delete(oldest);
}
