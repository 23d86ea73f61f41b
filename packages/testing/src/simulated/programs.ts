import { type Clock, systemClock } from '@guestwire/client';
import { Base64Data, CommandError } from '@guestwire/protocol';
import type { FakeHandlers } from '../handlers.js';

/** How a program was started. */
export interface ProgramStart {
  readonly path: string;
  readonly args: readonly string[];
  /** `undefined` if it has the agent's environment. */
  readonly env: readonly string[] | undefined;
  readonly input: Buffer;
}

/** What comes of a program. */
export interface ProgramEnd {
  /** 0 if absent, unless a signal ended it. */
  readonly exitCode?: number;
  readonly signal?: number;
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string | Uint8Array;
  /** Milliseconds until it ends; at once if absent. */
  readonly after?: number;
}

/** Programs of a fake guest, behind `guest-exec`. */
export interface FakePrograms {
  /** For {@link fakeGuest}, beside other handlers. */
  readonly handlers: FakeHandlers;
  /** All that were started, in order. */
  readonly started: readonly ProgramStart[];
}

interface Captured {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

interface Process {
  readonly endsAt: number;
  readonly end: ProgramEnd;
  readonly captured: Captured;
}

/** The most that is kept of one stream (qemu-ga §5.8). */
const MOST_CAPTURED = 16 * 2 ** 20;

function captured({ stdout = '', stderr = '' }: ProgramEnd, capture: boolean | string): Captured {
  const [out, error, nothing] = [Buffer.from(stdout), Buffer.from(stderr), Buffer.alloc(0)];
  switch (capture) {
    case true:
    case 'separated':
      return { stdout: out, stderr: error };
    case 'merged':
      return { stdout: Buffer.concat([out, error]), stderr: nothing };
    case 'stdout':
      return { stdout: out, stderr: nothing };
    case 'stderr':
      return { stdout: nothing, stderr: error };
    default:
      return { stdout: nothing, stderr: nothing };
  }
}

function kept(bytes: Buffer): Base64Data {
  return Base64Data.fromBytes(bytes.subarray(0, MOST_CAPTURED));
}

/** An agent has these members only for a stream of which it has captured something. */
function outputOf({ stdout, stderr }: Captured) {
  return {
    ...(stdout.length > 0
      ? { 'out-data': kept(stdout), 'out-truncated': stdout.length > MOST_CAPTURED }
      : {}),
    ...(stderr.length > 0
      ? { 'err-data': kept(stderr), 'err-truncated': stderr.length > MOST_CAPTURED }
      : {}),
  };
}

/**
 * Programs that a test makes up, for a fake guest: by the path by which they are started. Others do not exist. A
 * process that has ended is forgotten when its end was told, as an agent forgets it.
 *
 * ```ts
 * const programs = fakePrograms({ '/bin/hostname': ({ args }) => ({ stdout: args[0] === '-s' ? 'web1\n' : 'web1.example\n' }) });
 * const fake = fakeGuest({ ...programs.handlers });
 * ```
 *
 * @param clock what {@link ProgramEnd.after} is measured with; the system's clock if absent
 */
export function fakePrograms(
  programs: Readonly<Record<string, (start: ProgramStart) => ProgramEnd>>,
  clock: Clock = systemClock,
): FakePrograms {
  const known = new Map(Object.entries(programs));
  const processes = new Map<number, Process>();
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
      processes.set(nextPid, {
        endsAt: clock.now() + (end.after ?? 0),
        end,
        captured: captured(end, capture),
      });
      return { pid: nextPid++ };
    },
    'guest-exec-status': ({ pid }) => {
      const process = processes.get(Number(pid));
      if (process === undefined) throw new CommandError('PID ld does not exist');
      if (clock.now() < process.endsAt) return { exited: false };
      processes.delete(Number(pid));
      const { exitCode = 0, signal } = process.end;
      return {
        exited: true,
        ...(signal === undefined ? { exitcode: exitCode } : { signal }),
        ...outputOf(process.captured),
      };
    },
  };
  return { handlers, started };
}
