import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The replies to a command, as the agent would write them; `undefined` for none. */
export type Answers = Readonly<Record<string, string | undefined>>;

/** An agent on a unix socket that answers what it was told to, and the handshake by itself. */
export interface FakeAgent extends AsyncDisposable {
  readonly target: string;
  /** Every line that arrived behind the handshake. */
  readonly requests: readonly string[];
}

export const fakeAgent = async (answers: Answers): Promise<FakeAgent> => {
  const folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
  const path = join(folder, 'q.sock');
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const answer = (socket: Socket, line: string): void => {
    const request = line.replace(/^\ufffd/, '');
    const sync = /"guest-sync-delimited".*"id": ?(\d+)/.exec(request);
    if (sync !== null) {
      socket.write(Buffer.from(`\xff{"return": ${sync[1]}}\n`, 'latin1'));
      return;
    }
    requests.push(request);
    const name = /"execute": ?"([^"]*)"/.exec(request)?.[1] ?? '';
    const reply = name === 'guest-ping' ? '{"return": {}}' : answers[name];
    if (reply !== undefined) socket.write(`${reply}\n`);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = '';
    socket.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + String(text)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) answer(socket, line);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    target: `unix:${path}`,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
