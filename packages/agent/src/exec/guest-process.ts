import { Base64Data } from '@guestwire/protocol';
import type { GuestExecStatus } from '@guestwire/protocol/contract';
import type { Capture } from './capture.js';
import type { Ending } from './children.js';

/** A process that a host has started, until the host has been told how it ended. */
export interface GuestProcess {
  readonly pid: number;
  /** Absent as long as it runs. */
  ending?: Ending;
  readonly out?: Capture | undefined;
  readonly err?: Capture | undefined;
}

/** Has it ended, and let go of all that is captured? What it left in the background may hold on to that. */
export function isFinished({ ending, out, err }: GuestProcess): boolean {
  return ending !== undefined && out?.ended !== false && err?.ended !== false;
}

/** What a host is told (qemu-ga §5.8). The bytes are those of the captures, not copies. */
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

function dataOf(capture: Capture | undefined): { data: Base64Data; truncated: boolean } | undefined {
  if (capture === undefined || capture.data.length === 0) return undefined;
  return { data: Base64Data.fromBytes(capture.data), truncated: capture.truncated };
}
