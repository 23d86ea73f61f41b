import { readFileSync } from 'node:fs';

const SIGKILL_BIT = 1n << 8n;

/** Returns true for a process that was killed, while the kernel still carries out a system call of it. */
export function isEnding(pid: number): boolean {
  try {
    return isEndingStatus(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

/**
 * Returns true if the first thread has ended, or must end because of a pending SIGKILL, which waits for an uninterruptible call.
 * @param status the text of `/proc/PID/status`
 */
export function isEndingStatus(status: string): boolean {
  if (/^State:\s*[ZX]/m.test(status)) return true;
  const pending = status.matchAll(/^(?:Sig|Shd)Pnd:\s*([0-9a-f]+)$/gm);
  return [...pending].some(([, mask = '']) => (BigInt(`0x${mask}`) & SIGKILL_BIT) !== 0n);
}
