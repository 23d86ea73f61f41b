import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { CountedAgent, type Work } from '../../support/counted-agent.js';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary-folder.js';

// Bounds for the work of a request, instead of for its time, which depends on the machine. Each bound is what is counted today and
// less than one more system call, copy of the data, or allocation of its size. A commit that raises one says what that buys.

const KIB = 1024;

/** The most that is allowed for one request. */
type Bounds = Omit<Work, 'collections'>;

/** What a small request that the agent answers at once may take: one read, one write and no thread. */
const small: Bounds = {
  calls: 2,
  sleeps: 0,
  promises: 0,
  // The request and the reply, once each, and the line of `guest-ping` for the syslog.
  copied: 112,
  buffers: 128,
  // Six to eleven thousand are counted: each turn of the busy poll takes some, and their number depends on time.
  heap: 24 * KIB,
};

/** The bounds for a file request, in multiples of the data. In base64, it is 1.33 times as long. */
function file(size: number, bounds: Partial<Bounds>): Bounds {
  const { calls = 0, copied = 0, buffers = 0, heap = 0 } = bounds;
  return {
    ...small,
    calls,
    copied: copied * size + 256,
    buffers: buffers * size + 512,
    heap: heap * size + 36 * KIB,
  };
}

const transfers: readonly {
  readonly name: string;
  readonly size: number;
  readonly repeat: number;
  readonly write: Partial<Bounds>;
  readonly read: Partial<Bounds>;
}[] = [
  {
    name: '4 KiB',
    size: 4 * KIB,
    repeat: 20,
    // The third call reads or writes the file. Written data is copied out of the input, decoded, and copied to the file's buffer.
    write: { calls: 3, copied: 3, heap: 1.5 },
    // Encoded as text, then as bytes of the reply.
    read: { calls: 3, copied: 2.8, buffers: 1.5, heap: 1.5 },
  },
  {
    name: '64 KiB',
    size: 64 * KIB,
    repeat: 1,
    // The request needs two reads, and the file's buffer takes a part.
    write: { calls: 5, copied: 3.5, heap: 1.5 },
    read: { calls: 3, copied: 2.8, buffers: 1.5, heap: 1.8 },
  },
  {
    name: '1 MiB',
    size: KIB * KIB,
    repeat: 1,
    // How much a call gets depends on how fast the host is: 64 KiB at best.
    write: { calls: 64, copied: 3.5, heap: 1.8 },
    read: { calls: 64, copied: 2.8, buffers: 1.5, heap: 2 },
  },
];

/** More than all requests read; no memory is used for what is not written. */
const LONG_FILE_BYTES = 2 ** 30;

/** Fails if more was counted than is allowed. */
function checkWork(t: TestContext, counted: Work, bounds: Bounds): void {
  const text = (key: keyof Bounds): string => `${key}: ${counted[key]}, at most ${bounds[key]}`;
  const keys = ['calls', 'sleeps', 'promises', 'copied', 'buffers', 'heap'] as const;
  t.diagnostic(keys.map(text).join('; '));
  const exceeded = keys.filter((key) => counted[key] > bounds[key]);
  assert.deepEqual(exceeded.map(text), [], 'a request takes more work than it may');
}

async function open(agent: CountedAgent, path: string, mode: string): Promise<number> {
  return JSON.parse(await agent.ask('guest-file-open', { path, mode })).return;
}

describe('work of a request', () => {
  /** In memory: a disk may need a thread of the pool. */
  async function start(): Promise<{ agent: CountedAgent; folder: TemporaryFolder } & Disposable> {
    const folder = temporaryFolder('/dev/shm');
    const agent = await CountedAgent.start(folder.path);
    return {
      agent,
      folder,
      [Symbol.dispose]() {
        agent[Symbol.dispose]();
        folder[Symbol.dispose]();
      },
    };
  }

  it('guest-ping takes one read and one write', async (t) => {
    using started = await start();
    const { agent } = started;
    checkWork(t, await agent.workOf(() => agent.ask('guest-ping'), 50), small);
  });

  it('guest-sync takes one read and one write', async (t) => {
    using started = await start();
    const { agent } = started;
    checkWork(t, await agent.workOf(() => agent.ask('guest-sync', { id: 1234 }), 50), {
      ...small,
      copied: 72,
    });
  });

  for (const { name, size, repeat, write, read } of transfers) {
    it(`guest-file-write and guest-file-read of ${name} need no thread, and copy the data no more often than they may`, async (t) => {
      using started = await start();
      const { agent, folder } = started;
      const path = folder.file('file');
      const text = Buffer.alloc(size, 'some text').toString('base64');
      const written = await open(agent, path, 'w');
      const writing = async () => {
        const reply = await agent.ask('guest-file-write', { handle: written, 'buf-b64': text });
        assert.equal(reply, `{"return": {"count": ${size}, "eof": false}}`);
      };
      checkWork(t, await agent.workOf(writing, repeat), file(size, write));
      await agent.ask('guest-file-close', { handle: written });
      truncateSync(path, LONG_FILE_BYTES);
      const handle = await open(agent, path, 'r');
      const reading = async () => {
        const reply = await agent.ask('guest-file-read', { handle, count: size });
        assert.ok(reply.startsWith(`{"return": {"count": ${size},`), reply.slice(0, 100));
      };
      checkWork(t, await agent.workOf(reading, repeat), file(size, read));
    });
  }

  it('guest-get-osinfo takes one read and one write', async (t) => {
    using started = await start();
    const { agent } = started;
    // os-release of this machine has not changed for two seconds, so it is not read.
    checkWork(t, await agent.workOf(() => agent.ask('guest-get-osinfo'), 20), { ...small, copied: 2048 });
  });

  it('counts threads, promises and copies of a program, which needs them', async () => {
    using started = await start();
    const { agent } = started;
    const run = () => agent.ask('guest-exec', { path: '/bin/true', 'capture-output': true });
    const work = await agent.workOf(run, 5);
    for (const [key, value] of Object.entries(work)) if (key !== 'collections') assert.ok(value > 0, key);
  });
});
