import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { Base64Data, CommandError } from '@guestwire/protocol';
import type { FakeHandlers } from '@guestwire/testing';

/** The output of a program, which a test may change. */
export type Tamper = (output: Buffer, script: string) => Buffer;

function failure(error: unknown): CommandError {
  return new CommandError(error instanceof Error ? error.message : 'failed');
}

/**
 * Handlers of a guest that is this machine: programs run here, and files are those of this machine. A test can change the
 * output of programs.
 */
export function runningGuest(tamper: Tamper = (output) => output): FakeHandlers {
  const ended = new Map<number, object>();
  const positions = new Map<number, { file: number; at: number }>();
  let next = 1000;
  const opened = (handle: number | bigint): { file: number; at: number } => {
    const found = positions.get(Number(handle));
    if (found === undefined) throw new CommandError(`handle '${handle}' has not been found`);
    return found;
  };
  return {
    'guest-exec': ({ path, arg = [], 'input-data': input }) => {
      const { status, stdout, stderr } = spawnSync(path, arg, {
        input: input?.decode() ?? '',
        maxBuffer: 2 ** 26,
      });
      ended.set(next, {
        exited: true,
        exitcode: status ?? 1,
        'out-data': Base64Data.fromBytes(tamper(stdout, arg[1] ?? '')),
        'err-data': Base64Data.fromBytes(stderr),
      });
      return { pid: next++ };
    },
    'guest-exec-status': ({ pid }) => (ended.get(Number(pid)) ?? { exited: false }) as never,
    'guest-file-open': ({ path, mode = 'r' }) => {
      try {
        positions.set(next, { file: openSync(path, mode), at: 0 });
      } catch (error) {
        throw failure(error);
      }
      return next++;
    },
    'guest-file-close': ({ handle }) => {
      closeSync(opened(handle).file);
      positions.delete(Number(handle));
    },
    'guest-file-read': ({ handle, count = 4096 }) => {
      const open = opened(handle);
      const buffer = Buffer.alloc(Number(count));
      const length = readSync(open.file, buffer, 0, buffer.length, open.at);
      open.at += length;
      return {
        count: length,
        'buf-b64': Base64Data.fromBytes(buffer.subarray(0, length)),
        eof: length < buffer.length,
      };
    },
    'guest-file-write': ({ handle, 'buf-b64': data }) => {
      const open = opened(handle);
      const bytes = data.decode();
      open.at += writeSync(open.file, bytes, 0, bytes.length, open.at);
      return { count: bytes.length, eof: false };
    },
    'guest-file-seek': ({ handle, offset }) => {
      opened(handle).at = Number(offset);
      return { position: offset, eof: false };
    },
  };
}
