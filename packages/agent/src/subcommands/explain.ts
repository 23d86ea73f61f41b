import { errnoOf, errnoText } from '@guestwire/posix';
import { CommandError, checkArguments, parseRequest } from '@guestwire/protocol';
import { commands, execCommands, fileCommands } from '@guestwire/protocol/contract';
import { MessageReader } from '@guestwire/protocol/wire';
import type { CommandTable, WireObject } from '@guestwire/schema';
import { accessOfMode } from '../commands/file-open.js';
import { searchProgram } from '../exec/program.js';
import type { ListedName } from '../options/access.js';
import { commandNameAdvice } from '../policy/command-names.js';
import { type Decision, PolicyRefusal } from '../policy/decision.js';
import { canonicalPath, FileGuard } from '../policy/file-guard.js';
import type { Policy } from '../policy/policy.js';
import { ProgramGuard } from '../policy/program-guard.js';
import { commandFilter } from '../rpc/command-filter.js';
import { UsageError } from './usage-error.js';

/** What decides about requests. */
export interface Rules {
  readonly allow: readonly ListedName[];
  readonly block: readonly ListedName[];
  readonly policy: Policy | undefined;
}

/** Why a request passes, or does not. */
export interface Explanation extends Decision {
  readonly command: string;
  /** The resolved path of the file or program; absent if the request has none, or if no rule is about it. */
  readonly path?: string;
  /** What prevents the request apart from the rules: the file does not exist. */
  readonly note?: string;
  /** Whether the command is enabled while filesystems are frozen. */
  readonly whileFrozen: boolean;
}

/** Decides about a command by lists and policy, without its arguments. */
export function explainCommand(name: string, { allow, block, policy }: Rules): Decision {
  const blocked = block.find((listed) => listed.name === name);
  if (blocked !== undefined) return { allowed: false, rule: `block-rpcs (${blocked.origin})` };
  const allowed = allow.find((listed) => listed.name === name);
  if (allow.length > 0 && allowed === undefined) {
    const origins = [...new Set(allow.map(({ origin }) => origin))].join(', ');
    return { allowed: false, rule: `not in allow-rpcs (${origins})` };
  }
  if (policy !== undefined) return policy.command(name);
  const rule =
    allowed === undefined ? 'no list has it, and there is no policy' : `allow-rpcs (${allowed.origin})`;
  return { allowed: true, rule };
}

/**
 * Decides about a request as the agent does, and resolves the paths in it; opens no file and runs no program.
 * @param text one request, as a host sends it
 * @param env the environment of the agent, for `PATH`
 * @throws {UsageError} if the text is not a request
 */
export async function explainRequest(
  text: string,
  rules: Rules,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Explanation> {
  const { name, args } = parse(text);
  const { policy } = rules;
  const whileFrozen = commandFilter({}, () => true, { current: policy })(name);
  const explain = (result: Omit<Explanation, 'command' | 'whileFrozen'>): Explanation => ({
    command: name,
    ...result,
    whileFrozen,
  });
  const table: CommandTable = commands;
  const descriptor = Object.hasOwn(table, name) ? table[name] : undefined;
  if (descriptor === undefined) {
    return explain({ allowed: false, rule: `no command is named ${name}`, note: commandNameAdvice(name) });
  }
  const decision = explainCommand(name, rules);
  if (!decision.allowed) return explain(decision);
  try {
    checkArguments(descriptor, args);
    if (policy === undefined) return explain(decision);
    if (name === 'guest-file-open') return explain(await explainOpen(args, policy, decision));
    if (name === 'guest-exec') return explain(await explainExec(args, policy, decision, env));
    return explain(decision);
  } catch (error) {
    if (error instanceof PolicyRefusal) return explain({ allowed: false, rule: error.rule });
    if (error instanceof CommandError) return explain({ allowed: false, rule: `invalid: ${error.desc}` });
    throw error;
  }
}

function parse(text: string): { name: string; args: WireObject } {
  const reader = new MessageReader();
  reader.push(Buffer.from(`${text}\n`));
  const message = reader.next();
  if (message === undefined) throw new UsageError('the request is not complete');
  if (message.kind === 'error') throw new UsageError(`the request is no JSON: ${message.desc}`);
  const request = parseRequest(message.value);
  if (!request.ok) throw new UsageError(request.error.desc);
  if (reader.next() !== undefined || reader.unfinished) throw new UsageError('one request at a time');
  return request;
}

async function explainOpen(
  args: WireObject,
  policy: Policy,
  decision: Decision,
): Promise<Omit<Explanation, 'command' | 'whileFrozen'>> {
  const { path, mode = 'r' } = checkArguments(fileCommands['guest-file-open'], args);
  const access = accessOfMode(mode);
  if (access === undefined) throw new CommandError(`invalid file open mode '${mode}'`);
  const { accesses, creates } = access;
  for (const kind of accesses) refuseUnless(policy.access(kind));
  if (policy.rules.paths === undefined) return decision;
  const ruleFor = (resolved: string): string =>
    [...new Set(accesses.map((kind) => policy.path(resolved, kind).rule))].join('; ');
  try {
    await using place = await new FileGuard(policy).locate(path, accesses, creates);
    return { allowed: true, rule: ruleFor(place.path), path: place.path };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    // The rules about the path as it is written allow it.
    return { allowed: true, rule: ruleFor(canonicalPath(path)), note: `${path}: ${errnoText(error)}` };
  }
}

async function explainExec(
  args: WireObject,
  policy: Policy,
  decision: Decision,
  agentEnv: Readonly<Record<string, string | undefined>>,
): Promise<Omit<Explanation, 'command' | 'whileFrozen'>> {
  if (policy.rules.programs === undefined) return decision;
  const { path: name, arg = [], env = [] } = checkArguments(execCommands['guest-exec'], args);
  const guard = new ProgramGuard(policy);
  guard.checkEnvironment(env);
  try {
    await using program = await searchProgram({ name, env, path: agentEnv['PATH'] }, (file) =>
      guard.admit(file, arg),
    );
    return { ...policy.program({ path: program.path, args: arg }), path: program.path };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new PolicyRefusal(`${name} cannot be resolved: ${errnoText(error)}`);
  }
}

function refuseUnless({ allowed, rule }: Decision): void {
  if (!allowed) throw new PolicyRefusal(rule);
}
