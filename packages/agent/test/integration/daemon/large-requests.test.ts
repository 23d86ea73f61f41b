import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { guestdFolder } from '../../support/guestd.js';

const MEBIBYTE = 2 ** 20;

/** The most that one read returns. */
const SIZE = 48 * MEBIBYTE;

const NEWLINE = 0x0a;

function memoryOf(pid: number | undefined): { readonly resident: number; readonly peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]) * 1024;
  return { resident: field('VmRSS'), peak: field('VmHWM') };
}

/** Sends a request, and returns the beginning of its reply, of which nothing else is kept. */
async function ask(socket: Socket, execute: string, args: object = {}): Promise<string> {
  socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
  let head = '';
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    if (head.length < 100) head += chunk.toString('latin1', 0, 100);
    if (chunk.at(-1) === NEWLINE) return head;
  }
}

describe('guestd with requests of 48 MiB', () => {
  for (const command of ['guest-file-read', 'guest-file-write'] as const) {
    it(`returns the memory of eight ${command} in a row although small requests continue`, async () => {
      using folder = guestdFolder();
      const { child, host } = await folder.serve();
      host[Symbol.dispose]();
      const path = folder.file('data');
      const isRead = command === 'guest-file-read';
      writeFileSync(path, isRead ? Buffer.alloc(SIZE, 'data') : '');
      // A message has less than 64 MiB.
      const data = isRead ? undefined : Buffer.alloc(SIZE - 1024, 'data').toString('base64');
      const socket = connect(folder.socket);
      const start = memoryOf(child.pid).resident;

      for (let request = 0; request < 8; request++) {
        const opened = await ask(socket, 'guest-file-open', { path, mode: isRead ? 'r' : 'w' });
        const handle = Number(/\d+/.exec(opened)?.[0]);
        const args = isRead ? { handle, count: SIZE } : { handle, 'buf-b64': data };
        assert.match(await ask(socket, command, args), /^\{"return": \{"count": \d{8}, /);
        await ask(socket, 'guest-file-close', { handle });
      }
      const { peak } = memoryOf(child.pid);
      // What only the start needed makes room for a part of the data.
      assert.ok(peak - start < SIZE, `${start} bytes became ${peak}`);

      const end = performance.now() + 10_000;
      while (memoryOf(child.pid).resident >= start) {
        assert.ok(
          performance.now() < end,
          `${memoryOf(child.pid).resident} bytes after 10 s, ${start} at the start`,
        );
        await ask(socket, 'guest-ping');
        await delay(200);
      }
      socket.destroy();
    });
  }
});
