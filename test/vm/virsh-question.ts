// Requests to an agent through virsh.
import { join } from 'node:path';
import type { Answer, Domain } from './lab/domain.js';

/** One or several commands of virsh whose output is compared between agents. */
export interface Question {
  /** Unique. */
  readonly title: string;
  /** The commands of the agent that it requires. */
  readonly needs: readonly string[];
  /** The expected exit status of each command, so that two agents that fail alike do not pass. */
  readonly exits: readonly number[];
  /** Runs the commands and returns their results. Other observations are results with status 0. */
  ask(domain: Domain): Promise<readonly Answer[]>;
  /** Replaces the parts of a text that differ between runs. */
  readonly same?: (text: string) => string;
}

/** A command of virsh and its arguments, without the domain's name. */
export type VirshCommand = readonly [command: string, ...args: string[]];

/** Runs the commands one after the other, also after a failure. */
export async function inTurn(domain: Domain, commands: readonly VirshCommand[]): Promise<Answer[]> {
  const answers = [];
  for (const command of commands) answers.push(await domain.virsh(...command));
  return answers;
}

/** Returns a question of one command of virsh. */
export function virsh(needs: readonly string[], ...command: VirshCommand): Question {
  return {
    title: command.join(' '),
    needs,
    exits: [0],
    ask: (domain) => inTurn(domain, [command]),
  };
}

/** Returns the question with a failure as the expected result. */
export function refused(question: Question): Question {
  return { ...question, exits: [1] };
}

/** Returns a question of several commands in sequence. */
export function sequence(
  title: string,
  needs: readonly string[],
  exits: readonly number[],
  commands: (domain: Domain) => readonly VirshCommand[],
): Question {
  return { title, needs, exits, ask: (domain) => inTurn(domain, commands(domain)) };
}

/** Returns a question of one JSON request, for commands that every agent has. */
export function agent(request: string, ...options: readonly string[]): Question {
  return virsh([], 'qemu-agent-command', ...options, request);
}

/** Returns the command of virsh that sends a JSON request. */
export function request(execute: string, args: Readonly<Record<string, unknown>>): VirshCommand {
  return [
    'qemu-agent-command',
    // Sufficient for megabytes in an emulated guest.
    ...(['--timeout', '60'] as const),
    JSON.stringify({ execute, arguments: args }),
  ];
}

/** Returns other observations in the form of a result of virsh. */
export function seen(...lines: readonly unknown[]): Answer {
  return {
    status: 0,
    stdout: lines.join('\n'),
    stderr: '',
  };
}

const fileCommands = ['open', 'read', 'write', 'seek', 'flush', 'close'].map((name) => `guest-file-${name}`);

/** Opens a file through virsh, uses it and closes it. The handle is not part of the results. */
export function withFile(
  title: string,
  exits: readonly number[],
  open: Readonly<Record<string, unknown>>,
  use: (handle: number) => readonly VirshCommand[],
): Question {
  return {
    title,
    needs: fileCommands,
    exits,
    async ask(domain) {
      const { stdout } = await domain.virsh(...request('guest-file-open', open));
      const handle: unknown = JSON.parse(stdout).return;
      if (typeof handle !== 'number') throw new Error(`not a handle: ${stdout}`);
      return await inTurn(domain, [...use(handle), request('guest-file-close', { handle })]);
    },
  };
}

/** Returns `length` bytes in base64. */
export function data(length: number): string {
  return Buffer.alloc(length, 'Guestwire').toString('base64');
}

/** Returns libvirt's requests to the agent and its start of a snapshot in QEMU, in order. */
function talk(log: string): string[] {
  return [
    ...log.matchAll(
      /Send command '\{"execute":"([^"]+)"|SEND_MSG: .*"execute":"(blockdev-snapshot|transaction)"/g,
    ),
  ].map(([, asked, made]) => asked ?? `(${made})`);
}

let snapshots = 0;

/** Returns a question that takes a snapshot of the root disk and lists libvirt's requests to the agent. */
export function snapshot(
  title: string,
  exits: readonly number[],
  folder: (domain: Domain) => string,
): Question {
  return {
    title,
    needs: ['guest-fsfreeze-freeze', 'guest-fsfreeze-thaw'],
    exits,
    async ask(domain) {
      const before = domain.log().length;
      const answers = await inTurn(domain, [
        [
          ...(['snapshot-create-as', 'snapshot', '--quiesce', '--disk-only', '--no-metadata'] as const),
          ...['--diskspec', `vda,file=${join(folder(domain), `snapshot-${++snapshots}`)}`],
          ...['--diskspec', 'vdb,snapshot=no', '--diskspec', 'vdc,snapshot=no'],
        ],
        ['qemu-agent-command', '{"execute":"guest-fsfreeze-status"}'],
      ]);
      return [...answers, seen(...talk(domain.log().slice(before)))];
    },
    same: (text) => text.replace(/snapshot-\d+/g, 'snapshot-<count>'),
  };
}
