import { Base64Data } from '@guestwire/protocol';
import type { GuestExecStatus } from '@guestwire/protocol/contract';
import type { Ending } from './children.js';
import type { OutputCapture } from './output-capture.js';

/** A process that a host has started, until its end has been reported. */
export interface GuestProcess {
  readonly pid: number;
  /** Absent while it runs. */
  ending?: Ending;
  readonly out?: OutputCapture | undefined;
  readonly err?: OutputCapture | undefined;
}

/** Returns whether the process has ended and no other process holds its captured pipes. */
export function isFinished({ ending, out, err }: GuestProcess): boolean {
  return ending !== undefined && out?.ended !== false && err?.ended !== false;
}

/** Returns the reply of `guest-exec-status` (qemu-ga §5.8). The bytes are those of the captures, not copies. */
export function statusOf(process: GuestProcess): GuestExecStatus {
  if (!isFinished(process)) return { exited: false };
  const { ending, out, err } = process;
  const outData = dataOf(out);
  const errData = dataOf(err);
  return {
    exited: true,
    ...ending,
    ...(outData && { 'out-data': outData.data }),
    ...(errData && { 'err-data': errData.data }),
    ...(outData && { 'out-truncated': outData.truncated }),
    ...(errData && { 'err-truncated': errData.truncated }),
  };
}

function dataOf(capture: OutputCapture | undefined): { data: Base64Data; truncated: boolean } | undefined {
  if (capture === undefined || capture.data.length === 0) return undefined;
  return { data: Base64Data.fromBytes(capture.data), truncated: capture.truncated };
}
