import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A reply as the agent would write it, or what makes it from the request; `undefined` for none. */
export type Answer =
  | string
  | undefined
  | ((request: string) => string | undefined | Promise<string | undefined>);

/** The replies to commands. */
export type Answers = Readonly<Record<string, Answer>>;

/** An agent on a unix socket that has these replies, and replies to the handshake. */
export interface FakeAgent extends AsyncDisposable {
  readonly target: string;
  /** Every line received after the handshake. */
  readonly requests: readonly string[];
}

export async function fakeAgent(answers: Answers): Promise<FakeAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'guestctl-'));
  const path = join(folder, 'q.sock');
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const answer = async (socket: Socket, line: string): Promise<void> => {
    const request = line.replace(/^\ufffd/, '');
    const sync = /"guest-sync-delimited".*"id": ?(\d+)/.exec(request);
    if (sync !== null) {
      socket.write(Buffer.from(`\xff{"return": ${sync[1]}}\n`, 'latin1'));
      return;
    }
    requests.push(request);
    const name = /"execute": ?"([^"]*)"/.exec(request)?.[1] ?? '';
    const given = name === 'guest-ping' ? '{"return": {}}' : answers[name];
    const reply = typeof given === 'function' ? await given(request) : given;
    if (reply !== undefined) socket.write(`${reply}\n`);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = '';
    socket.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + String(text)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) answer(socket, line).catch((error: Error) => socket.destroy(error));
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
}
