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
  /** Decides which program is executed; absent if every program may be. */
  readonly guard?: ProgramGuard | undefined;
}

/** A program that may be executed. Disposing it, once it runs, closes what it holds. */
export interface GuardedProgram extends AsyncDisposable {
  /** The file to execute, which other users cannot replace. */
  readonly file: Buffer;
  /** Its own `argv[0]`. */
  readonly name: Buffer;
}

/** Decides which programs may be executed. */
export interface ProgramGuard {
  /** Rejects with an error that names the reason, or with a system error, if the program must not be executed. */
  admit(file: string, args: readonly string[]): Promise<GuardedProgram>;
}

/**
 * Starts a program by the rules of qemu-ga §5.8, and returns its process number. An executable file in an unknown format
 * is run as a script of `/bin/sh`. Rejects with a system error if the program cannot be executed.
 */
export async function startProgram(program: ProgramRequest): Promise<number> {
  return searchProgram(program, (file) => start(file, program));
}

/**
 * Searches for a program, by the rules of qemu-ga §5.8: calls `use` with each file of its name in the search path, until one
 * is accepted. Rejects with a system error if no file is, and with the first other error of `use`.
 */
export async function searchProgram<Result>(
  { name, env, path }: Pick<ProgramRequest, 'name' | 'env' | 'path'>,
  use: (file: string) => Promise<Result>,
): Promise<Result> {
  if (name === '' || name.includes('/')) return use(name);
  let failure = systemError(ENOENT, 'posix_spawn');
  for (const folder of (valueIn(env, 'PATH') ?? path ?? DEFAULT_PATH).split(':')) {
    const file = folder === '' ? name : `${folder}/${name}`;
    try {
      // Much cheaper than starting a process that then fails.
      await access(encodeText(file));
      return await use(file);
    } catch (error) {
      if (!(error instanceof Error) || !TRY_NEXT.includes(errnoOf(error))) throw error;
      if (errnoOf(failure) !== EACCES) failure = error;
    }
  }
  throw failure;
}

async function start(file: string, program: ProgramRequest): Promise<number> {
  const { name, args, guard } = program;
  if (guard === undefined) return execute(encodeText(file), encodeText(name), program);
  await using admitted = await guard.admit(file, args);
  return await execute(admitted.file, admitted.name, program);
}

async function execute(
  file: Buffer,
  name: Buffer,
  { args, env, stdio }: Pick<ProgramRequest, 'args' | 'env' | 'stdio'>,
): Promise<number> {
  const rest = args.map(encodeText);
  const envp = env.map(encodeText);
  try {
    return await spawn({ file, argv: [name, ...rest], envp, stdio });
  } catch (error) {
    if (errnoOf(error) !== ENOEXEC) throw error;
    const shell = Buffer.from('/bin/sh');
    return spawn({ file: shell, argv: [shell, file, ...rest], envp, stdio });
  }
}

function valueIn(env: readonly string[], name: string): string | undefined {
  return env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}
