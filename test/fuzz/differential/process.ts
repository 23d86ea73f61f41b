import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '@guestwire/fuzz';
import type { Replies } from './differences.js';
import type { Peer } from './peer.js';

/** Those of each agent's root, with arguments for which every release prints the same. */
const PROGRAMS = [
  { path: '/bin/true', args: ['', 'a', 'é'] },
  { path: '/bin/false', args: ['\n', '--'] },
  { path: '/bin/echo', args: ['', 'a', '-n', 'é', '\n', 'x'.repeat(200)] },
  { path: '/bin/cat', args: ['-n', '-A', '/dev/null'] },
  { path: '/no/such', args: ['a'] },
];
const ENVIRONMENT = ['A=1', 'A', '=', 'PATH=/bin', 'LC_ALL=C'];
const CAPTURES = [undefined, true, false, 'none', 'separated', 'merged'];
const INPUTS = [undefined, '', 'aGVsbG8K', 'AAEC/w=='];

/** Programs end at once; a busy machine may need some time. */
const END_TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 2;

/** Runs a program through both agents, and returns the replies to its start and its end. */
export async function compareProcess(random: Random, ours: Peer, reference: Peer): Promise<Replies> {
  const { path, args } = random.pick(PROGRAMS);
  const sent = JSON.stringify({
    execute: 'guest-exec',
    arguments: {
      path,
      arg: Array.from({ length: random.below(3) }, () => random.pick(args)),
      env: random.oneIn(2) ? [random.pick(ENVIRONMENT)] : undefined,
      'input-data': random.pick(INPUTS),
      'capture-output': random.pick(CAPTURES),
    },
  });
  const [own, other] = await Promise.all([life(sent, ours), life(sent, reference)]);
  return { sent, ours: own, reference: other };
}

async function life(sent: string, peer: Peer): Promise<string> {
  const [started = ''] = await peer.converse([[Buffer.from(sent)]]);
  const pid = /^\{"return": \{"pid": (\d+)\}\}\n$/.exec(started)?.[1];
  if (pid === undefined) return started;
  const poll = Buffer.from(`{"execute":"guest-exec-status","arguments":{"pid":${pid}}}`);
  for (const deadline = Date.now() + END_TIMEOUT_MS; Date.now() < deadline; await delay(POLL_INTERVAL_MS)) {
    const [status = ''] = await peer.converse([[poll]]);
    if (!status.includes('"exited": false')) return status;
  }
  return 'has not ended';
}
