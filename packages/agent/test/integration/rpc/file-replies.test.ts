import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileModule } from '../../../src/commands/file.js';
import { silentLogger } from '../../../src/log/logger.js';
import { commandFilter } from '../../../src/rpc/command-filter.js';
import { Dispatcher } from '../../../src/rpc/dispatcher.js';
import { Registry } from '../../../src/rpc/registry.js';
import { Session } from '../../../src/rpc/session.js';
import { MemoryTransport } from '../../support/memory-transport.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SIZE = 300_000;
function part(index: number): Buffer {
  return Buffer.alloc(SIZE, `part ${index} `);
}

it('replies to pipelined reads and writes are correct although their buffers are reused', async () => {
  using folder = temporaryFolder();
  const parts = Array.from({ length: 6 }, (_, index) => part(index));
  writeFileSync(folder.file('f'), Buffer.concat(parts));
  await using files = fileModule({ log: silentLogger, handles: { next: async () => 7 } });
  const registry = new Registry();
  registry.register(files);
  const isEnabled = commandFilter({}, () => false);
  const transport = new MemoryTransport();
  const session = new Session(transport, {
    dispatcher: new Dispatcher({ registry, isEnabled, log: silentLogger }),
    events: {
      fatal(error) {
        throw error;
      },
      answered() {},
      bulkDone() {},
    },
  });
  await transport.open(session);

  const send = (execute: string, args: object): string => JSON.stringify({ execute, arguments: args });
  transport.send(send('guest-file-open', { path: folder.file('f'), mode: 'r+' }));
  await transport.lines(1);
  const read = send('guest-file-read', { handle: 7, count: SIZE });
  const write = send('guest-file-write', {
    handle: 7,
    'buf-b64': Buffer.alloc(SIZE, 'x').toString('base64'),
  });
  const seek = (offset: number): string => send('guest-file-seek', { handle: 7, offset, whence: 0 });
  // The host takes a piece of a reply now and then.
  transport.accepting = false;
  transport.send([read, read, read, seek(5 * SIZE), write, seek(3 * SIZE), read, read, read].join('\n'));
  const draining = setInterval(() => {
    transport.listener.drain();
  }, 1);
  const lines = await transport.lines(10).finally(() => clearInterval(draining));

  const contents = lines.flatMap((line) => {
    const data: string | undefined = JSON.parse(line).return['buf-b64'];
    return data === undefined ? [] : [Buffer.from(data, 'base64')];
  });
  const expected = [...parts.slice(0, 5), Buffer.alloc(SIZE, 'x')];
  assert.equal(contents.length, expected.length);
  for (const [index, content] of contents.entries()) {
    assert.ok(content.equals(expected[index] ?? Buffer.alloc(0)), `the reply to read ${index}`);
  }
});
