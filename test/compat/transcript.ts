/**
 * The text form of recorded conversations, one file per area:
 *
 * ```
 * ! options -b guest-shutdown       options of the agent; before the first conversation only
 * ! without 7.2: no option -b       a release that cannot hold these conversations, and why
 *
 * == a ping is answered             a conversation begins; its name is unique
 * # why it matters                  a comment
 * > {"execute":"guest-ping"}        sends the text and a line feed
 * >- {"execute":                    sends the text without a line feed
 * ! fifo pipe                       an action, once everything before it has been answered (actions.ts)
 * ! ended                           asks for the process that was started last until it has ended
 * < {"return": {}}                  what the reference agent, QEMU 10.0, answers: one line each
 * 7.2< {"return": 1}                what QEMU 7.2 answers instead, where it differs
 * differs id-of-a-difference        ours differs on purpose, for the reason in differences.ts ...
 * ours< {"return": 2}               ... and answers this
 * ```
 *
 * Replies stand behind everything that was sent since the last action. No reply at all, where another agent has one, is `(nothing)`.
 * How bytes and changing parts are spelled is in notation.ts.
 */

/** Whose replies a line records. `10.0` is the reference; a file says nothing about others where they agree with it. */
export type Speaker = '10.0' | '7.2' | 'ours';

/** A part of a conversation, in file order. */
export type Step =
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'send'; readonly text: string; readonly newline: boolean }
  | { readonly kind: 'action'; readonly words: string }
  | { readonly kind: 'differs'; readonly id: string }
  | { readonly kind: 'reply'; readonly by: Speaker; readonly text: string };

/** A conversation: what to send and do, and what the agents answer. */
export interface Conversation {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** A file of conversations that one agent process holds one after the other. */
export interface Transcript {
  /** What stands before the first conversation, options included. */
  readonly preamble: readonly string[];
  /** Further options for the agent. */
  readonly options: readonly string[];
  /** Why an older release cannot hold these conversations, if it cannot. */
  readonly unfit: ReadonlyMap<string, string>;
  readonly conversations: readonly Conversation[];
}

/** Stands for no reply at all. */
const NOTHING = '(nothing)';

const prefixes: readonly (readonly [string, (text: string) => Step])[] = [
  ['#', (text) => ({ kind: 'comment', text: `#${text}` })],
  ['>-', (text) => ({ kind: 'send', text: text.slice(1), newline: false })],
  ['>', (text) => ({ kind: 'send', text: text.slice(1), newline: true })],
  ['!', (text) => ({ kind: 'action', words: text.trim() })],
  ['differs ', (text) => ({ kind: 'differs', id: text.trim() })],
  ['<', (text) => ({ kind: 'reply', by: '10.0', text: text.slice(1) })],
  ['7.2<', (text) => ({ kind: 'reply', by: '7.2', text: text.slice(1) })],
  ['ours<', (text) => ({ kind: 'reply', by: 'ours', text: text.slice(1) })],
];

function parseStep(line: string, where: string): Step {
  for (const [prefix, make] of prefixes) {
    if (line.startsWith(prefix)) return make(line.slice(prefix.length));
  }
  if (line === '') return { kind: 'comment', text: '' };
  throw new SyntaxError(`${where}: cannot tell what this line is: ${line}`);
}

/** Reads a file of conversations; `source` names it in errors. */
export function parseTranscript(text: string, source: string): Transcript {
  const preamble: string[] = [];
  const options: string[] = [];
  const unfit = new Map<string, string>();
  const conversations: { name: string; steps: Step[] }[] = [];
  const names = new Set<string>();
  for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
    const where = `${source}:${index + 1}`;
    const current = conversations.at(-1);
    if (line.startsWith('== ')) {
      const name = line.slice(3);
      if (names.has(name)) throw new SyntaxError(`${where}: there is another conversation named "${name}"`);
      names.add(name);
      conversations.push({ name, steps: [] });
    } else if (current !== undefined) {
      current.steps.push(parseStep(line, where));
    } else {
      preamble.push(line);
      const [, verb, rest = ''] = /^! (\S+) (.*)$/.exec(line) ?? [];
      if (verb === 'options') options.push(...rest.split(' '));
      if (verb === 'without') unfit.set(rest.replace(/:.*/, ''), rest.replace(/^.*?: */, ''));
    }
  }
  return { preamble, options, unfit, conversations };
}

function formatStep(step: Step): string {
  switch (step.kind) {
    case 'comment':
      return step.text;
    case 'send':
      return `>${step.newline ? '' : '-'} ${step.text}`;
    case 'action':
      return `! ${step.words}`;
    case 'differs':
      return `differs ${step.id}`;
    case 'reply':
      return `${step.by === '10.0' ? '' : step.by}< ${step.text}`;
  }
}

/** Writes a file of conversations; reading it again gives the same. */
export function formatTranscript(transcript: Transcript): string {
  return [
    ...transcript.preamble,
    ...transcript.conversations.flatMap(({ name, steps }) => [`== ${name}`, ...steps.map(formatStep)]),
    '',
  ].join('\n');
}

/** What is sent in one go, or one action, and the replies to it. */
export interface Turn {
  readonly steps: readonly Step[];
  /** True if it begins with a new connection. */
  readonly reconnects: boolean;
  /** What the agent should answer, line by line. */
  readonly expected: (speaker: Speaker) => readonly string[];
}

function repliesOf(steps: readonly Step[], speaker: Speaker): string[] {
  return steps.flatMap((step) => (step.kind === 'reply' && step.by === speaker ? [step.text] : []));
}

function isReconnect(step: Step): boolean {
  return step.kind === 'action' && step.words === 'reconnect';
}

function turnOf(steps: readonly Step[]): Turn {
  return {
    steps,
    reconnects: steps.some(isReconnect),
    expected: (speaker) => {
      const own = repliesOf(steps, speaker);
      return (own.length > 0 ? own : repliesOf(steps, '10.0')).filter((text) => text !== NOTHING);
    },
  };
}

/** Cuts a conversation where it has to wait: before an action that follows something sent, and before a reconnection. */
export function turnsOf(conversation: Conversation): Turn[] {
  const groups: Step[][] = [[]];
  for (const step of conversation.steps) {
    const sent = groups.at(-1)?.some(({ kind }) => kind === 'send') === true;
    if (isReconnect(step) || (step.kind === 'action' && sent)) groups.push([]);
    groups.at(-1)?.push(step);
  }
  return groups.map(turnOf);
}

/** The steps of a turn with the replies of one speaker replaced by what it was seen to answer. */
export function recorded(turn: Turn, speaker: Speaker, seen: readonly string[]): Step[] {
  const kept = turn.steps.filter((step) => !(step.kind === 'reply' && step.by === speaker));
  const same = speaker !== '10.0' && String(repliesOf(turn.steps, '10.0')) === String(seen);
  const lines = same ? [] : seen.length === 0 && speaker !== '10.0' ? [NOTHING] : seen;
  // Behind the last line that is neither a comment nor a reply that sorts after this one.
  const order: readonly Speaker[] = ['10.0', '7.2', 'ours'];
  const before = (step: Step): boolean =>
    step.kind === 'send' ||
    step.kind === 'action' ||
    (step.kind === 'reply' && order.indexOf(step.by) < order.indexOf(speaker));
  const at = kept.findLastIndex(before) + 1;
  return [
    ...kept.slice(0, at),
    ...lines.map((text): Step => ({ kind: 'reply', by: speaker, text })),
    ...kept.slice(at),
  ];
}
