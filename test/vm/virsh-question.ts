// How a question to an agent is put through virsh.
import { join } from 'node:path';
import type { Answer, Domain } from './lab/domain.js';

/** One thing to ask, in one or several commands of virsh. */
export interface Question {
  /** Unique. */
  readonly title: string;
  /** The agent's commands that it takes. */
  readonly needs: readonly string[];
  /** What virsh exits with, one status for each command: two agents that fail alike are no proof. */
  readonly exits: readonly number[];
  /** Asks, and gives all that came of it. What is seen beside virsh counts as an exit with 0. */
  ask(domain: Domain): Promise<readonly Answer[]>;
  /** Takes out of a text what may differ from one time to the next. */
  readonly same?: (text: string) => string;
}

/** A command of virsh and its arguments, without the domain's name. */
export type VirshCommand = readonly [command: string, ...args: string[]];

/** Asks one after the other, each after the answer to the one before, whatever it was. */
export async function inTurn(domain: Domain, commands: readonly VirshCommand[]): Promise<Answer[]> {
  const answers = [];
  for (const command of commands) answers.push(await domain.virsh(...command));
  return answers;
}

/** One command of virsh. */
export function virsh(needs: readonly string[], ...command: VirshCommand): Question {
  return {
    title: command.join(' '),
    needs,
    exits: [0],
    ask: (domain) => inTurn(domain, [command]),
  };
}

/** The same, and that virsh has to report a failure. */
export function refused(question: Question): Question {
  return { ...question, exits: [1] };
}

/** Several commands, asked in turn. */
export function sequence(
  title: string,
  needs: readonly string[],
  exits: readonly number[],
  commands: (domain: Domain) => readonly VirshCommand[],
): Question {
  return { title, needs, exits, ask: (domain) => inTurn(domain, commands(domain)) };
}

/** A request in the agent's own words, for commands that every agent has. */
export function agent(request: string, ...options: readonly string[]): Question {
  return virsh([], 'qemu-agent-command', ...options, request);
}

/** A request in the agent's own words, as a command of virsh. */
export function request(execute: string, args: Readonly<Record<string, unknown>>): VirshCommand {
  return [
    'qemu-agent-command',
    // Enough for megabytes in an emulated guest.
    ...(['--timeout', '60'] as const),
    JSON.stringify({ execute, arguments: args }),
  ];
}

/** What is seen beside virsh's own words, put as an answer of virsh. */
export function seen(...lines: readonly unknown[]): Answer {
  return {
    status: 0,
    stdout: lines.join('\n'),
    stderr: '',
  };
}

const fileCommands = ['open', 'read', 'write', 'seek', 'flush', 'close'].map((name) => `guest-file-${name}`);

/** Opens a file through virsh, uses it, closes it. The handle's number is no part of the answers. */
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

/** The requests of libvirt to the agent, and its start of a snapshot in QEMU between them. */
function talk(log: string): string[] {
  return [
    ...log.matchAll(
      /Send command '\{"execute":"([^"]+)"|SEND_MSG: .*"execute":"(blockdev-snapshot|transaction)"/g,
    ),
  ].map(([, asked, made]) => asked ?? `(${made})`);
}

let snapshots = 0;

/** A snapshot of the root disk, with the requests of libvirt to the agent meanwhile. */
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
