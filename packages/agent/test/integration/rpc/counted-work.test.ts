import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type AgentOptions, createAgent } from '../../../src/index.js';
import { MemoryTransport } from '../../support/memory-transport.js';
import { memoryMount, rootWithMounts } from '../../support/mount-list.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SIZE = 4096;

/** Returns the asynchronous resources that `work` creates: promises, requests to the thread pool, timers. */
function resourcesOf(work: () => void): readonly string[] {
  const created: string[] = [];
  const hook = createHook({ init: (_id, type) => void created.push(type) }).enable();
  try {
    work();
  } finally {
    hook.disable();
  }
  return created;
}

describe('Session answers in the same turn, without a promise, a timer or a thread,', () => {
  /** An agent with a file in memory, and a function that sends requests and returns their replies. */
  const withAgent = async (
    use: (
      ask: (execute: string, args?: object) => Promise<unknown>,
      transport: MemoryTransport,
      path: string,
    ) => Promise<void>,
    options: Partial<AgentOptions> = {},
  ): Promise<void> => {
    using folder = temporaryFolder('/dev/shm');
    const transport = new MemoryTransport();
    await using agent = await createAgent({ transport, statedir: folder.path, ...options });
    await agent.start();
    const path = folder.file('file');
    writeFileSync(path, Buffer.alloc(4 * SIZE, 'text'));
    const ask = async (execute: string, args?: object): Promise<unknown> => {
      transport.writes.length = 0;
      transport.send(`${JSON.stringify({ execute, arguments: args })}\n`);
      const [line = ''] = await transport.lines(1);
      return JSON.parse(line).return;
    };
    await use(ask, transport, path);
  };

  const assertImmediate = (
    transport: MemoryTransport,
    execute: string,
    args: object,
    expected: RegExp,
  ): void => {
    const request = `${JSON.stringify({ execute, arguments: args })}\n`;
    transport.writes.length = 0;
    assert.deepEqual(
      resourcesOf(() => transport.send(request)),
      [],
    );
    assert.equal(transport.writes.length, 1);
    assert.match(transport.written, expected);
  };

  it('guest-sync', async () => {
    await withAgent(async (ask, transport) => {
      await ask('guest-sync', { id: 1 });
      assertImmediate(transport, 'guest-sync', { id: 7 }, /^\{"return": 7\}\n$/);
    });
  });

  it('guest-file-read of what is in memory', async () => {
    await withAgent(async (ask, transport, path) => {
      const handle = await ask('guest-file-open', { path, mode: 'r' });
      await ask('guest-file-read', { handle, count: SIZE });
      assertImmediate(
        transport,
        'guest-file-read',
        { handle, count: SIZE },
        /^\{"return": \{"count": 4096, /,
      );
    });
  });

  it('guest-file-write to a file in memory', async () => {
    await withAgent(async (ask, transport, path) => {
      const handle = await ask('guest-file-open', { path, mode: 'w' });
      const args = { handle, 'buf-b64': Buffer.alloc(SIZE, 'data').toString('base64') };
      for (let count = 0; count < 3; count++) {
        assertImmediate(
          transport,
          'guest-file-write',
          args,
          /^\{"return": \{"count": 4096, "eof": false\}\}\n$/,
        );
      }
    });
  });

  for (const name of ['guest-get-osinfo', 'guest-get-fsinfo']) {
    it(`${name} if no disk and no server has to be asked`, async () => {
      using root = rootWithMounts([memoryMount().line('ext4')]);
      await withAgent(
        async (ask, transport) => {
          await ask(name);
          assertImmediate(transport, name, {}, /^\{"return": /);
        },
        { systemRoot: root.path },
      );
    });
  }

  it('several requests of one chunk, in one write', async () => {
    await withAgent(async (_ask, transport) => {
      const requests = '{"execute":"guest-ping"}\n'.repeat(100);
      assert.deepEqual(
        resourcesOf(() => transport.send(requests)),
        [],
      );
      assert.deepEqual(transport.writes, ['{"return": {}}\n'.repeat(100)]);
    });
  });
});
