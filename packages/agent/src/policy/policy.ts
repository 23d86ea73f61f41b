import { type Decision, decide, type Rule } from './decision.js';
import type { Glob } from './glob.js';

/** What a file is opened for. */
export type FileAccess = 'read' | 'write';

/** A rule on the paths of files, for one kind of access. */
export interface PathRule extends Rule<string> {
  readonly access: FileAccess;
  readonly glob: Glob;
}

/** A program to execute: its resolved path, and its arguments without its own name. */
export interface ProgramCall {
  readonly path: string;
  readonly args: readonly string[];
}

/** A rule on programs. */
export interface ProgramRule extends Rule<ProgramCall> {
  readonly glob: Glob;
  /** Returns whether the rule is about these arguments, whatever the program. */
  matchesArgs(args: readonly string[]): boolean;
}

/** The rules of a policy, as they are read from presets or a file. */
export interface PolicyRules {
  /** The file or the presets, for messages. */
  readonly source: string;
  readonly commands: readonly Rule<string>[];
  /** The rules that allow `guest-file-open` to read, and to write, whatever the path. */
  readonly access: readonly Rule<FileAccess>[];
  /** Rules on paths; undefined if every path is allowed. */
  readonly paths: readonly PathRule[] | undefined;
  /** Whether path rules allow files with several hard links. */
  readonly hardLinks: boolean;
  /** Rules on programs; undefined if every program is allowed. */
  readonly programs: readonly ProgramRule[] | undefined;
  /** Environment variables that a host may set for a program, if there are rules on programs. */
  readonly variables: ReadonlySet<string>;
}

/** What hosts may do, beside the lists of commands. Decides by rules only, and reads nothing of the guest. */
export class Policy {
  readonly rules: PolicyRules;
  /** One decision for each command that was requested before and exists: hosts repeat few of them. */
  readonly #decisions = new Map<string, Decision>();

  constructor(rules: PolicyRules) {
    this.rules = rules;
  }

  /** The file or the presets, for messages. */
  get source(): string {
    return this.rules.source;
  }

  /** Decides whether a command is enabled. @param name the name of a command that exists */
  command(name: string): Decision {
    const known = this.#decisions.get(name);
    if (known !== undefined) return known;
    const { commands, source } = this.rules;
    const decision = decide(commands, name, `no rule of ${source} allows ${name}`);
    this.#decisions.set(name, decision);
    return decision;
  }

  /** Decides whether files may be opened for `access` at all. */
  access(access: FileAccess): Decision {
    return decide(this.rules.access, access, `no rule of ${this.source} allows to ${access} files`);
  }

  /**
   * Decides about the resolved, absolute path of a file.
   * @param name what the file is called if no rule allows it
   */
  path(path: string, access: FileAccess, name = path): Decision {
    const rules = (this.rules.paths ?? []).filter((rule) => rule.access === access);
    return decide(rules, path, `no rule of ${this.source} allows to ${access} ${name}`);
  }

  /**
   * Decides about a program and its arguments.
   * @param name what the program is called if no rule allows it
   */
  program(call: ProgramCall, name = call.path): Decision {
    const otherwise = `no rule of ${this.source} allows to execute ${[name, ...call.args].join(' ')}`;
    return decide(this.rules.programs ?? [], call, otherwise);
  }
}

/** The policy in effect, which a reload may replace; undefined if everything is allowed. */
export interface ActivePolicy {
  readonly current: Policy | undefined;
}
