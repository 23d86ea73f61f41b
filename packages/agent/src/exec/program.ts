import { access } from 'node:fs/promises';
import {
  EACCES,
  ENODEV,
  ENOENT,
  ENOEXEC,
  ENOTDIR,
  ESTALE,
  ETIMEDOUT,
  errnoOf,
  type SpawnRequest,
  spawn,
  systemError,
} from '@guestwire/posix';
import { encodeText } from '@guestwire/protocol/wire';

/** Errors after which the next folder of the search path is tried. */
const TRY_NEXT: readonly (number | undefined)[] = [ENOENT, EACCES, ENODEV, ENOTDIR, ETIMEDOUT, ESTALE];

const DEFAULT_PATH = '/bin:/usr/bin:.';

/** A program to start. A NUL in a text reaches the program as the bytes `C0 80`. */
export interface ProgramRequest {
  /** With a slash it is a path, without one it is searched for. */
  readonly name: string;
  readonly args: readonly string[];
  /** The whole environment, usually as `NAME=value`. */
  readonly env: readonly string[];
  /** The search path if `env` has no `PATH`. */
  readonly path: string | undefined;
  readonly stdio: SpawnRequest['stdio'];
}

/**
 * Starts a program by the rules of qemu-ga §5.8, and returns its process number. An executable file in an unknown format
 * is run as a script of `/bin/sh`. Rejects with a system error if the program cannot be executed.
 */
export async function startProgram(program: ProgramRequest): Promise<number> {
  const { name, env, path } = program;
  if (name === '' || name.includes('/')) return start(name, program);
  let failure = systemError(ENOENT, 'posix_spawn');
  for (const folder of (valueIn(env, 'PATH') ?? path ?? DEFAULT_PATH).split(':')) {
    const file = folder === '' ? name : `${folder}/${name}`;
    try {
      // Much cheaper than starting a process that then fails.
      await access(encodeText(file));
      return await start(file, program);
    } catch (error) {
      if (!(error instanceof Error) || !TRY_NEXT.includes(errnoOf(error))) throw error;
      if (errnoOf(failure) !== EACCES) failure = error;
    }
  }
  throw failure;
}

async function start(file: string, { name, args, env, stdio }: ProgramRequest): Promise<number> {
  const bytes = encodeText(file);
  const rest = args.map(encodeText);
  const envp = env.map(encodeText);
  try {
    return await spawn({ file: bytes, argv: [encodeText(name), ...rest], envp, stdio });
  } catch (error) {
    if (errnoOf(error) !== ENOEXEC) throw error;
    const shell = Buffer.from('/bin/sh');
    return spawn({ file: shell, argv: [shell, bytes, ...rest], envp, stdio });
  }
}

function valueIn(env: readonly string[], name: string): string | undefined {
  return env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}
