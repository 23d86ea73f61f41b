import { constants } from 'node:fs';
import { posix } from 'node:path';
import { closeFd, errnoOf, O_PATH, openFd, pathOfFd, readFd, statFd } from '@guestwire/posix';
import { encodeText } from '@guestwire/protocol/wire';
import { type Decision, PolicyRefusal } from './decision.js';
import { matchesThroughLinks } from './linked-rule.js';
import type { Policy, ProgramCall, ProgramRule } from './policy.js';
import { weakPart } from './protected-path.js';

const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = constants;

const ELF_MAGIC = Buffer.from('\x7fELF', 'latin1');

/** A program that a policy allows to execute. Disposing closes its descriptor. */
interface AdmittedProgram extends AsyncDisposable {
  /** The resolved, absolute path. */
  readonly path: string;
  /** The file to execute, which other users cannot replace by another one. */
  readonly file: Buffer;
  /** Its own `argv[0]`: programs such as busybox choose by it what they do. */
  readonly name: Buffer;
}

/** Decides which programs are executed, by the rules of a policy on programs. */
export class ProgramGuard {
  readonly #policy: Policy;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /**
   * Checks the environment that a host sets: a variable such as `LD_PRELOAD` makes any program run other code.
   * @param env entries `NAME=value`
   * @throws {PolicyRefusal} unless all variables are allowed
   */
  checkEnvironment(env: readonly string[]): void {
    const { variables, source } = this.#policy.rules;
    for (const entry of env) {
      const length = entry.indexOf('=');
      // It may be a secret, and a refusal is logged.
      if (length < 0) throw new PolicyRefusal('an entry of env is not NAME=value');
      const name = entry.slice(0, length);
      if (variables.has(name)) continue;
      throw new PolicyRefusal(`no rule of ${source} allows to set the environment variable ${name}`);
    }
  }

  /**
   * Resolves the path of a program once, and checks the file behind it. Where no rule allows it, the refusal does not tell
   * whether the file exists, nor where a link leads.
   * @param args without the program's own name
   * @throws {PolicyRefusal} naming the rule, or a system error
   */
  async admit(file: string, args: readonly string[]): Promise<AdmittedProgram> {
    const requested: ProgramCall = { path: posix.resolve(file), args };
    // What a rule denies may be a link, whose target no rule names.
    const denying = this.#denying(args).find((rule) => rule.matches(requested));
    if (denying !== undefined) throw new PolicyRefusal(denying.text);
    const fd = await openFd(encodeText(file), O_PATH).catch((error: unknown) => {
      // The error for a path that is refused anyway must not tell whether the file exists.
      if (errnoOf(error) !== undefined && file.includes('/')) {
        refuseUnless(this.#policy.program(requested, file));
      }
      throw error;
    });
    const close = (): Promise<void> => closeFd(fd);
    try {
      const bytes = await pathOfFd(fd);
      const path = bytes.toString();
      refuseUnless(this.#policy.program({ path, args }, file));
      for (const { glob, text } of this.#denying(args)) {
        if (await matchesThroughLinks(glob, path)) throw new PolicyRefusal(text);
      }
      if (!(await statFd(fd)).isFile()) throw new PolicyRefusal(`${path} is not a regular file`);
      return { path, file: await executable(fd, bytes), name: bytes, [Symbol.asyncDispose]: close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  #denying(args: readonly string[]): readonly ProgramRule[] {
    const programs = this.#policy.rules.programs ?? [];
    return programs.filter((rule) => rule.effect === 'deny' && rule.matchesArgs(args));
  }
}

function refuseUnless({ allowed, rule }: Decision): void {
  if (!allowed) throw new PolicyRefusal(rule);
}

/**
 * Returns the path to execute. A file that no other user can replace is executed by its path. Otherwise the path is that of
 * the checked descriptor, which is not enough for a script: its interpreter opens the path again, later.
 */
async function executable(fd: number, path: Buffer): Promise<Buffer> {
  const weak = await weakPart(path.toString());
  if (weak === undefined) return path;
  if (await isElf(fd)) return Buffer.from(`/proc/${process.pid}/fd/${fd}`);
  throw new PolicyRefusal(`${path} is a script that another user could replace: ${weak}`);
}

async function isElf(fd: number): Promise<boolean> {
  const readable = await openFd(`/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK | O_NOCTTY).catch((error) => {
    // A program that may be executed and not read.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  });
  if (readable === undefined) return false;
  try {
    const magic = Buffer.alloc(ELF_MAGIC.length);
    const length = await readFd(readable, magic, 0, magic.length);
    return length === magic.length && magic.equals(ELF_MAGIC);
  } finally {
    await closeFd(readable);
  }
}
