import { type Clock, systemClock } from '@guestwire/client';
import { Base64Data, CommandError } from '@guestwire/protocol';
import type { GuestExecStatus } from '@guestwire/protocol/contract';
import type { FakeHandlers } from '../handlers.js';

/** The arguments of a program start. */
export interface ProgramStart {
  readonly path: string;
  readonly args: readonly string[];
  /** `undefined` if the program inherits the agent's environment. */
  readonly env: readonly string[] | undefined;
  readonly input: Buffer;
}

/** The outcome of a program. */
export interface ProgramEnd {
  /** 0 if absent and `signal` is absent. */
  readonly exitCode?: number;
  readonly signal?: number;
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string | Uint8Array;
  /** Run time in milliseconds; 0 if absent. */
  readonly after?: number;
}

/** Simulated programs behind `guest-exec` of a fake guest. */
export interface FakePrograms {
  /** To be passed to {@link fakeGuest}. */
  readonly handlers: FakeHandlers;
  /** All program starts, in order. */
  readonly started: readonly ProgramStart[];
}

/** Output captured per stream (qemu-ga §5.8). */
const MAX_CAPTURED_BYTES = 16 * 2 ** 20;

/** As with an agent, a stream without output has no members. */
function outputMembers(name: 'out' | 'err', bytes: Buffer): object {
  if (bytes.length === 0) return {};
  return {
    [`${name}-data`]: Base64Data.fromBytes(bytes.subarray(0, MAX_CAPTURED_BYTES)),
    [`${name}-truncated`]: bytes.length > MAX_CAPTURED_BYTES,
  };
}

function capturedOutput({ stdout = '', stderr = '' }: ProgramEnd, capture: boolean | string): object {
  const [out, error] = [Buffer.from(stdout), Buffer.from(stderr)];
  if (capture === 'merged') return outputMembers('out', Buffer.concat([out, error]));
  const isBoth = capture === true || capture === 'separated';
  return {
    ...(isBoth || capture === 'stdout' ? outputMembers('out', out) : {}),
    ...(isBoth || capture === 'stderr' ? outputMembers('err', error) : {}),
  };
}

/**
 * Creates simulated programs for a fake guest, by path. Other paths do not exist. As with an agent, a process is forgotten once its
 * exit status was returned.
 *
 * ```ts
 * const programs = fakePrograms({ '/bin/hostname': ({ args }) => ({ stdout: args[0] === '-s' ? 'web1\n' : 'web1.example\n' }) });
 * const fake = fakeGuest({ ...programs.handlers });
 * ```
 *
 * @param clock measures {@link ProgramEnd.after}; the system's clock if absent
 */
export function fakePrograms(
  programs: Readonly<Record<string, (start: ProgramStart) => ProgramEnd>>,
  clock: Clock = systemClock,
): FakePrograms {
  const known = new Map(Object.entries(programs));
  const processes = new Map<number, { readonly endsAt: number; readonly status: GuestExecStatus }>();
  const started: ProgramStart[] = [];
  let nextPid = 4711;

  const handlers: FakeHandlers = {
    'guest-exec': ({ path, arg: args = [], env, 'input-data': data, 'capture-output': capture = false }) => {
      const input = data?.decode() ?? Buffer.alloc(0);
      const program = known.get(path);
      if (program === undefined) {
        throw new CommandError(`Failed to execute child process “${path}” (No such file or directory)`);
      }
      const start = { path, args, env, input };
      started.push(start);
      const end = program(start);
      const endsAt = clock.now() + (end.after ?? 0);
      const outcome = end.signal === undefined ? { exitcode: end.exitCode ?? 0 } : { signal: end.signal };
      const status = { exited: true, ...outcome, ...capturedOutput(end, capture) };
      processes.set(nextPid, { endsAt, status });
      return { pid: nextPid++ };
    },
    'guest-exec-status': ({ pid }) => {
      const process = processes.get(Number(pid));
      if (process === undefined) throw new CommandError('PID ld does not exist');
      if (clock.now() < process.endsAt) return { exited: false };
      processes.delete(Number(pid));
      return process.status;
    },
  };
  return { handlers, started };
}
