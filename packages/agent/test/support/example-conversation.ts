import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Example } from '@guestwire/qapi';
import { type ExampleGuest, exampleGuest } from './example-guest.js';

/**
 * What no fixture determines, but the machine that the test runs on: of these members only the type is compared. A
 * process of the example stands for the one that was started instead.
 */
const UNDETERMINED = /"(pid|host-name|kernel-release|kernel-version|machine)": (-?\d+|"(?:[^"\\]|\\.)*")/g;

/** The order of these lists is that of folders. */
const UNORDERED: ReadonlySet<string> = new Set([
  'guest-get-disks',
  'guest-get-memory-blocks',
  'guest-get-vcpus',
]);

/** Of this reply an example shows the beginning of the list. */
const ABRIDGED = 'guest-info';
const LEFT_OUT = ', ...]';

/**
 * Sends the requests of an example to a real agent with a fake guest root. Each reply has to be that of the example,
 * byte for byte but for what is named above, and nothing else may come.
 *
 * @returns what has been done to the guest
 */
export async function hold({ messages }: Example): Promise<string[]> {
  await using guest = await exampleGuest();
  const started = new Map<string, string>();
  let request = '';
  for (const { sender, text } of messages) {
    if (sender === 'client') {
      request = inGuest(text, guest.root, started);
      guest.send(request);
    } else {
      const reply = await replyTo(request, guest, text);
      const [pid, own] = [pidIn(text), pidIn(reply)];
      if (pid !== undefined && own !== undefined) started.set(pid, own);
      assertReply(commandOf(request), reply, text);
    }
  }
  guest.send('{"execute": "guest-sync", "arguments": {"id": 4711}}');
  assert.equal(await guest.line(), '{"return": 4711}', 'the agent has sent more than the example shows');
  return guest.deeds();
}

/** The command that a request is about. */
export function commandOf(request: string): string {
  const { execute } = JSON.parse(request) as { execute: string };
  return execute;
}

/** A request about this guest's files, and about processes of this run. */
function inGuest(request: string, root: string, started: ReadonlyMap<string, string>): string {
  if (commandOf(request) === 'guest-file-open') return request.replace('"path": "/', `"path": "${root}/`);
  return request.replace(/"pid": (\d+)/, (_, pid: string) => `"pid": ${started.get(pid) ?? pid}`);
}

/** The reply. An example shows a process that has ended: it is asked for until it has. */
async function replyTo(request: string, guest: ExampleGuest, expected: string): Promise<string> {
  for (;;) {
    const reply = await guest.line();
    if (reply !== '{"return": {"exited": false}}' || reply === expected) return reply;
    await setImmediate();
    guest.send(request);
  }
}

function pidIn(reply: string): string | undefined {
  return /"pid": (\d+)/.exec(reply)?.[1];
}

function assertReply(command: string, reply: string, expected: string): void {
  const [is, shown] = [canonical(command, reply), canonical(command, expected)];
  if (command !== ABRIDGED || !shown.includes(LEFT_OUT)) {
    assert.equal(is, shown);
    return;
  }
  const [beginning = '', end = ''] = shown.split(LEFT_OUT);
  assert.equal(is.slice(0, beginning.length), beginning);
  assert.equal(is.slice(-end.length), end);
  // What is left out is whole elements.
  assert.match(is.slice(beginning.length, -end.length), /^, \{.*\}\]$/);
}

/** A reply without what cannot be compared. Where it has a byte 0xFF, an example has `\xff`. */
function canonical(command: string, reply: string): string {
  const plain = reply
    .replace(/^\xff/, '\\xff')
    .replace(UNDETERMINED, (_, name: string, value: string) =>
      value.startsWith('"') ? `"${name}": "..."` : `"${name}": 0`,
    );
  if (!UNORDERED.has(command) || !plain.startsWith('{"return": [')) return plain;
  const { return: list, ...rest } = JSON.parse(plain) as { return: unknown[] };
  return JSON.stringify({ return: list.map((element) => JSON.stringify(element)).sort(), ...rest });
}
